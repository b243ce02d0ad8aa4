import { critical, ok, unknown, warn } from '../../../engine/judgement.ts';
import type { Judgement } from '../../../engine/judgement.ts';
import type { Bloat } from '../../../providers/database/port.ts';
import { bytes } from '../../../words/bytes.ts';
import { percent } from '../../../words/counts.ts';

const megabyte = 1024 ** 2;

/** Both must be reached: half of a small table is nothing, and a tenth of a large one is what a healthy table has. */
export const bloatLimits = {
  warn: { share: 0.3, bytes: 100 * megabyte },
  critical: { share: 0.6, bytes: 10 * 1024 * megabyte },
} as const;

/** `next`: what gives the space back. What cannot be estimated is unknown, and `why` says what would help. */
export const judgeBloat = ({ wastedBytes, wastedShare, why }: Bloat, ...next: readonly string[]): Judgement => {
  if (wastedBytes === null || wastedShare === null) {
    const reason = why ?? 'no column statistics';
    return unknown(`cannot be estimated: ${reason}`, wayToEstimate[reason]);
  }
  const reached = ({ share, bytes: least }: { readonly share: number; readonly bytes: number }) =>
    wastedShare >= share && wastedBytes >= least;
  const said = `${bytes(wastedBytes)} wasted (${percent(wastedShare)})`;
  if (reached(bloatLimits.critical)) return critical(said, ...next);
  return reached(bloatLimits.warn) ? warn(said, ...next) : ok;
};

const wayToEstimate = {
  'never analysed': 'ANALYZE',
  'never vacuumed': 'VACUUM',
  'no column statistics': 'ANALYZE',
  'column statistics may not be read': 'as a superuser: GRANT pg_read_all_data to the role of rb',
} as const;
