import { worst } from '../../../engine/finding.ts';
import type { Verdict } from '../../../engine/finding.ts';
import type { ConnectionCounts } from '../../../providers/database/port.ts';
import { age } from '../../../words/ages.ts';
import { percent } from '../../../words/counts.ts';

/** Of the slots that an ordinary role can have, or of a lower limit of its database or role. */
export const connectionLimits = { warnShare: 0.8, criticalShare: 0.95 } as const;

export interface ConnectionsVerdict {
  readonly verdict: Verdict;
  /** Slots that an ordinary role can have. */
  readonly usable: number;
  readonly share: number;
  /** What is to be said besides the number of connections. */
  readonly remarks: readonly string[];
}

/**
 * Few slots left is what takes a service down, so that decides; a transaction that is open and does nothing for longer than
 * `idleMs` is a warning; what cannot be seen is unknown.
 */
export const judgeConnections = (counts: ConnectionCounts, idleMs: number): ConnectionsVerdict => {
  const usable = Math.max(
    1,
    counts.max - counts.reservedForSuperusers - counts.reservedForRoles - counts.reservedForService,
  );
  const share = counts.total / usable;
  const tight = counts.limits
    .map((limit) => ({ ...limit, share: limit.max === 0 ? 1 : limit.used / limit.max }))
    .filter((limit) => limit.share >= connectionLimits.warnShare);
  const held = counts.byState.filter(
    ({ name, oldestMs }) => name.startsWith('idle in transaction') && (oldestMs ?? 0) >= idleMs,
  );
  return {
    verdict: worst([
      verdictOfShare(share),
      ...tight.map((limit) => verdictOfShare(limit.share)),
      held.length > 0 ? 'warn' : 'ok',
      counts.unseen > 0 ? 'unknown' : 'ok',
    ]),
    usable,
    share,
    remarks: [
      ...tight.map(
        (limit) => `${limit.of} "${limit.name}" has ${limit.used} of ${limit.max} (${percent(limit.share)})`,
      ),
      ...held.map(({ name, oldestMs }) => `one is ${name} for ${age(oldestMs)}`),
    ],
  };
};

const verdictOfShare = (share: number): Verdict => {
  if (share >= connectionLimits.criticalShare) return 'critical';
  return share >= connectionLimits.warnShare ? 'warn' : 'ok';
};
