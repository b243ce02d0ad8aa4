/** For people: `3 h 12 min`, `45 s`, `2 d`, `0.4 s`. At most two units, the second one rounded down. */
export const formatDuration = (ms: number): string => {
  if (!Number.isFinite(ms)) return 'unknown';
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 10_000 && ms % 1000 !== 0) {
    const tenths = Math.floor(ms / 100);
    if (tenths === 0) return `${Math.round(ms)} ms`;
    return `${tenths % 10 === 0 ? tenths / 10 : (tenths / 10).toFixed(1)} s`;
  }
  const seconds = Math.floor(ms / 1000);
  const parts: readonly [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
};

/** An age of a server's, which may come with fractions of a millisecond or, with clocks that differ, below zero. Null: null. */
export function age(ms: number): string;
export function age(ms: number | null): string | null;
export function age(ms: number | null): string | null {
  return ms === null ? null : formatDuration(Math.round(Math.max(0, ms)));
}
