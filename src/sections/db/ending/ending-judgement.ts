import type { AnyFinding } from '../../../engine/finding.ts';
import type { EndedSession, Session } from '../../../providers/database/port.ts';
import { memberOf } from '../reading/session-data.ts';
import type { UnchangedSession } from '../reading/session-data.ts';
import { countedOutcomes } from './sessions-gone.ts';
import { counted } from '../../../words/counts.ts';

/** Of the chosen ones those that are still there and have done nothing since. */
export const stillToEnd = <One extends UnchangedSession>(
  chosen: readonly One[],
  there: readonly UnchangedSession[],
): readonly One[] => {
  const seen = new Set(there.map(memberOf));
  return chosen.filter((one) => seen.has(memberOf(one)));
};

/** Some of them may have ended. */
const unseenWords = (unseen: number): string => (unseen > 0 ? `, ${unseen} that one cannot see (pg_monitor)` : '');

/**
 * How an ending came out. `there`: those that are still there. `results`: what the server answered to each; undefined after an
 * interruption, when only what is there can tell. `unseen`: of those that are there, so many may not be looked at.
 */
export const judgeEnding = (
  chosen: readonly UnchangedSession[],
  there: readonly Session[],
  results: readonly EndedSession[] | undefined,
  unseen: number,
): AnyFinding => {
  if (!results) {
    const left = stillToEnd(chosen, there);
    const gone = chosen.length - left.length;
    return {
      verdict: left.length > 0 ? 'critical' : unseen > 0 ? 'unknown' : 'ok',
      summary: `${gone - unseen} of ${counted(chosen.length, 'session')} are gone or at work again, ${left.length} still there and idle${unseenWords(unseen)}`,
      data: { gone: gone - unseen, stillThere: left.length, unseen },
    };
  }
  const present = new Set(there.map(({ pid, backendStart }) => `${pid} ${backendStart}`));
  const outcome = (wanted: EndedSession['outcome']) => results.filter((one) => one.outcome === wanted);
  const stuck = outcome('done').filter(({ pid, backendStart }) => present.has(`${pid} ${backendStart}`));
  const ended = outcome('done').length - stuck.length;
  const denied = outcome('denied').length;
  const failed = stuck.length > 0 || (denied > 0 && ended === 0);
  // Between the choice and the signal, a question may lie.
  const before = chosen.length - results.length;
  const rest = results.filter((one) => one.outcome !== 'done');
  const terminated = results.filter((one) => one.outcome === 'done' && !stuck.includes(one));
  return {
    verdict: failed ? 'critical' : unseen > 0 ? 'unknown' : denied > 0 ? 'warn' : 'ok',
    summary: `${countedOutcomes('terminated', [...terminated, ...rest])}${before > 0 ? `, ${before} gone or at work again before that` : ''}${stuck.length > 0 ? `, ${stuck.length} still there after the signal` : ''}${unseenWords(unseen)}`,
    data: {
      terminated: ended,
      denied,
      gone: outcome('gone').length,
      changed: outcome('changed').length,
      goneOrAtWorkBefore: Math.max(0, before),
      stillThere: stuck.length,
      sessions: results.map((one) => ({ ...one })),
    },
  };
};
