import { RunbookError } from '../../../engine/errors.ts';
import type { AnyFinding } from '../../../engine/finding.ts';
import { poll } from '../../../engine/poll.ts';
import type { Reads } from '../../../engine/procedure/context.ts';
import type { ActionSpec } from '../../../engine/procedure/specs.ts';
import type { EndedSession, Session } from '../../../providers/database/port.ts';
import { reasonsAgainst, sameSession, whoIsAffected } from './one-session.ts';
import type { Chosen } from './one-session.ts';
import { placeOf, serverOf } from '../reading/server.ts';
import type { DatabaseContext, DatabasePorts, OnServer } from '../reading/server.ts';
import { onlyUnchanged, UnchangedSession } from '../reading/session-data.ts';
import { nameOf } from '../reading/session-facts.ts';
import { notToBeSeen } from './sessions-gone.ts';
import { age } from '../../../words/ages.ts';

/** A statement looks only at times whether it is cancelled. */
const patienceMs = 5000;
const pauseMs = 200;

/** Cancels the statement that the chosen session ran when it was shown. `more`: what else is to be said of it. */
export const cancelling = (
  chosen: Chosen,
  more: (reads: Reads) => readonly string[] = () => [],
): ActionSpec<OnServer, DatabasePorts, UnchangedSession, EndedSession | undefined> => ({
  tier: 'disruptive',
  change: UnchangedSession,
  plan: async (context) => {
    const { server, session } = await sameSession(context, chosen(context));
    requireStatement(session);
    return {
      summary: `cancel the statement of ${nameOf(session)} on ${placeOf(server)}`,
      target: server.target,
      blastRadius: [...whoIsAffected(session), ...more(context)],
      equivalent: [`SELECT pg_cancel_backend(${session.pid});`],
      undo: 'none: the statement fails, and with it its transaction; the session stays and can try again',
      raises: reasonsAgainst(session),
      basis: { pid: session.pid, backendStart: session.backendStart, statementSince: session.stateSince },
      data: { pid: session.pid, backendStart: session.backendStart, stateSince: session.stateSince },
    };
  },
  apply: async (context, change) => {
    const server = await serverOf(context);
    const { results } = await server.endSessions({ how: 'cancel', sessions: [onlyUnchanged(change.data)] }, context);
    return results[0];
  },
  verify: async (context, change, answer) => {
    const { still, unseen } = await stillRunning(context, change.data, answer?.outcome === 'done' ? patienceMs : 0);
    return judgeCancel(still, answer, unseen);
  },
});

const requireStatement = (session: Session): void => {
  if (session.state !== null && !session.state.startsWith('idle')) return;
  const why =
    session.state === null ? 'cannot see what it does' : `is ${session.state}: there is no statement to cancel`;
  throw new RunbookError('refused', `${nameOf(session)} ${why}.`, {
    next: [`rb db terminate ${session.pid}   (ends the session)`],
  });
};

/** The session, if it still runs the same statement after `forMs`; and whether there is one that may not be looked at. */
const stillRunning = async (
  context: DatabaseContext,
  running: UnchangedSession,
  forMs: number,
): Promise<{ readonly still: Session | undefined; readonly unseen: number }> => {
  const server = await serverOf(context);
  const look = async () => {
    const { sessions, unseen } = await server.sessionsStillThere([running], context);
    return { still: sessions.find(({ stateSince }) => stateSince === running.stateSince), unseen };
  };
  const ended = await poll({ everyMs: pauseMs, forMs, clock: context.clock, signal: context.signal }, async () => {
    const seen = await look();
    return seen.still ? undefined : seen;
  });
  return ended ?? look();
};

/** A warning is a cancel that did not work: the signal was sent, and the statement goes on. `thenTerminate` rests on that. */
export const judgeCancel = (
  still: Session | undefined,
  answer: EndedSession | undefined,
  unseen: number,
): AnyFinding => {
  const data = { outcome: answer?.outcome ?? null, worked: still === undefined };
  if (answer?.outcome === 'denied') return { verdict: 'critical', summary: `denied: ${answer.reason}`, data };
  if (unseen > 0) return { verdict: 'unknown', summary: notToBeSeen, data };
  if (!still)
    return answer && answer.outcome !== 'done'
      ? { verdict: 'ok', summary: 'nothing had to be cancelled: it ended by itself', data }
      : { verdict: 'ok', summary: 'cancelled', data };
  const summary = `the statement goes on${still.waitsFor === null || still.waitsFor.startsWith('Timeout') ? '' : `, waiting for ${still.waitsFor}`}${still.queryMs === null ? '' : `, for ${age(still.queryMs)} now`}`;
  // Without an answer it is not known whether the signal was sent: then it is sent once more.
  return { verdict: answer ? 'warn' : 'critical', summary, data };
};
