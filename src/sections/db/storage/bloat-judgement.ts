import type { Verdict } from '../../../engine/finding.ts';
import type { Bloat } from '../../../providers/database/port.ts';

const megabyte = 1024 ** 2;

/** Both must be reached: half of a small table is nothing, and a tenth of a large one is what a healthy table has. */
export const bloatLimits = {
  warn: { share: 0.3, bytes: 100 * megabyte },
  critical: { share: 0.6, bytes: 10 * 1024 * megabyte },
} as const;

/** What cannot be estimated is unknown. */
export const judgeBloat = ({ wastedBytes, wastedShare }: Pick<Bloat, 'wastedBytes' | 'wastedShare'>): Verdict => {
  if (wastedBytes === null || wastedShare === null) return 'unknown';
  const reached = ({ share, bytes }: { readonly share: number; readonly bytes: number }) =>
    wastedShare >= share && wastedBytes >= bytes;
  if (reached(bloatLimits.critical)) return 'critical';
  return reached(bloatLimits.warn) ? 'warn' : 'ok';
};
