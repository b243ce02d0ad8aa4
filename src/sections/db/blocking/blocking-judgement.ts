import type { Verdict } from '../../../engine/finding.ts';
import { worst } from '../../../engine/finding.ts';
import type { BlockingView } from '../../../providers/database/port.ts';

/** Waiting for a moment is what locks are for. */
export const blockingLimits = {
  warnWaitedMs: 5000,
  criticalWaitedMs: 60_000,
  criticalWaiting: 20,
  warnPreparedMs: 600_000,
} as const;

export const waitingSessions = ({ sessions }: Pick<BlockingView, 'sessions'>): BlockingView['sessions'] =>
  sessions.filter(({ waitsForLock, blockedBy }) => waitsForLock !== null || blockedBy.length > 0);

/** A prepared transaction survives restarts and holds its locks until somebody ends it: an old one was forgotten. */
export const judgeBlocking = (view: BlockingView): Verdict => {
  const waiting = waitingSessions(view);
  const longest = Math.max(0, ...waiting.map(({ waitsForLock }) => waitsForLock?.waitedMs ?? 0));
  return worst([
    longest >= blockingLimits.criticalWaitedMs || waiting.length >= blockingLimits.criticalWaiting ? 'critical' : 'ok',
    longest >= blockingLimits.warnWaitedMs ? 'warn' : 'ok',
    view.prepared.some(({ ageMs }) => ageMs >= blockingLimits.warnPreparedMs) ? 'warn' : 'ok',
    view.unseen > 0 ? 'unknown' : 'ok',
  ]);
};
