/** How much harm a step can do: numbered 0 to 3 in docs/safety.md. */
export const tiers = ['read', 'mild', 'disruptive', 'destructive'] as const;
export type Tier = (typeof tiers)[number];

export const tierNumber = (tier: Tier): number => tiers.indexOf(tier);

export const highestTier = (all: Iterable<Tier>): Tier => {
  let highest = 0;
  for (const tier of all) highest = Math.max(highest, tierNumber(tier));
  return tiers[highest] ?? 'destructive';
};

/** The tier after `by` reasons to be more careful: each raises it by one, never beyond `destructive`. */
export const raiseTier = (tier: Tier, by: number): Tier =>
  tiers[Math.min(tierNumber(tier) + by, tiers.length - 1)] ?? 'destructive';
