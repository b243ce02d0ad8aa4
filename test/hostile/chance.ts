/** Chance that can be repeated: the same seed gives the same answers, on every machine. */
export interface Chance {
  /** From 0 to `below`, without it. */
  number(below: number): number;
  pick<Item>(items: readonly [Item, ...(readonly Item[])]): Item;
  bytes(length: number): Buffer;
}

/** Mulberry32: small, and good enough to choose among answers. */
export const chance = (seed: number): Chance => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const number = (below: number): number => Math.floor(next() * below);
  return {
    number,
    pick: (items) => items[number(items.length)] ?? items[0],
    bytes: (length) => Buffer.from(Array.from({ length }, () => number(256))),
  };
};

/** `n` answers, the kinds in turn and each with chances of its own, so that a few of them cover all kinds. */
export const inTurn = <Answer>(
  kinds: Readonly<Record<string, (chance: Chance) => Answer>>,
  seed: number,
  n: number,
): readonly { readonly name: string; readonly answer: Answer }[] => {
  const all = Object.entries(kinds);
  return Array.from({ length: n }, (_, index) => {
    const [name, make] = all[index % all.length] ?? [];
    if (name === undefined || make === undefined) throw new Error('there are no kinds');
    return { name: `${index} ${name}`, answer: make(chance(seed + index)) };
  });
};
