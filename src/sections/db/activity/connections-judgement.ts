import { critical, judgement, ok, unknown, warn } from '../../../engine/judgement.ts';
import type { Judgement } from '../../../engine/judgement.ts';
import type { ConnectionCounts, ConnectionGroup } from '../../../providers/database/port.ts';
import { age } from '../../../words/ages.ts';
import { counted, percent } from '../../../words/counts.ts';

/** Of the slots that an ordinary role can have, or of a lower limit of its database or role. */
export const connectionLimits = { warnShare: 0.8, criticalShare: 0.95 } as const;

/** Slots that an ordinary role can have. */
export const usableSlots = (counts: ConnectionCounts): number =>
  Math.max(1, counts.max - counts.reservedForSuperusers - counts.reservedForRoles - counts.reservedForService);

/** Few slots left is what takes a service down. */
export const judgeSlots = (used: number, of: number): Judgement => {
  const share = shareOf(used, of);
  const why = `${used} of ${of} in use (${percent(share)})`;
  const next = ['rb db kill-idle --dry-run', 'rb db running'];
  if (share >= connectionLimits.criticalShare) return critical(why, ...next);
  return share >= connectionLimits.warnShare ? warn(why, ...next) : ok;
};

/** Of none at all, all are in use. */
export const shareOf = (used: number, of: number): number => (of === 0 ? 1 : used / of);

/** A transaction that is open and does nothing for `idleMs` or longer. */
export const judgeState = ({ name, count, oldestMs }: ConnectionGroup, idleMs: number): Judgement => {
  if (!name.startsWith('idle in transaction')) return ok;
  return judgement(
    oldestMs === null && unknown(`cannot see for how long ${counted(count, 'session')} have been so`),
    oldestMs !== null &&
      oldestMs >= idleMs &&
      warn(
        `${counted(count, 'session')}, the oldest for ${age(oldestMs)}`,
        'rb db running',
        'rb db kill-idle --include-idle-in-transaction --dry-run',
      ),
  );
};
