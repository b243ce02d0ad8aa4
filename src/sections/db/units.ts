import { formatDuration } from '../../engine/duration.ts';
import type { Cell, Verdict } from '../../engine/finding.ts';

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** For people, in steps of 1024 as the server's own functions have it: `512 B`, `1.2 GB`. Null: null, which tables show as a dash. */
export function bytes(count: number): string;
export function bytes(count: number | null): string | null;
export function bytes(count: number | null): string | null {
  if (count === null) return null;
  let [value, unit] = [count, 0];
  while (Math.abs(value) >= 1000 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  const digits = unit === 0 || Math.abs(value) >= 100 ? 0 : 1;
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${units[unit]}`;
}

/** An age of the server's, which may come with fractions of a millisecond. */
export function age(ms: number): string;
export function age(ms: number | null): string | null;
export function age(ms: number | null): string | null {
  return ms === null ? null : formatDuration(Math.round(Math.max(0, ms)));
}

/** `37 %`; below one percent with a digit: `0.4 %`. */
export const percent = (share: number): string => {
  const value = share * 100;
  if (value > 0 && value < 0.1) return '<0.1 %';
  return `${value > 0 && value < 1 ? value.toFixed(1) : Math.round(value)} %`;
};

/** A cell that is marked only where there is something to mark. */
export const marked = (text: string, verdict: Verdict): Cell => (verdict === 'ok' ? text : { text, verdict });

/** `1 session`, `2 sessions`. */
export const counted = (count: number, one: string, several = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : several}`;

/** `1 234 567`: readable at a glance, and not to be taken for a decimal point or comma anywhere. */
export const grouped = (count: number): string => String(Math.round(count)).replace(/\B(?=(?:\d{3}){1,10}$)/g, ' ');
