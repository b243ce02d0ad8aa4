const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** For people, in steps of 1024 as PostgreSQL's own functions have it: `512 B`, `1.2 GB`. Null: null, which tables show as a dash. */
export function bytes(count: number): string;
export function bytes(count: number | null): string | null;
export function bytes(count: number | null): string | null {
  if (count === null) return null;
  let [value, unit] = [count, 0];
  while (Math.abs(value) >= 1000 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  const digits = unit === 0 || Math.abs(value) >= 100 ? 0 : 1;
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${units[unit]}`;
}
