import { RunbookError } from '../../engine/errors.ts';
import type { Change } from '../../engine/change.ts';
import type { Finding } from '../../engine/finding.ts';
import type { ActionSpec } from '../../engine/procedure.ts';
import type { EndedSession, Session } from '../../providers/database/port.ts';
import { sameSession, serverOf, whoIsAffected } from './one-session.ts';
import type { Chosen, DatabasePorts, OnContext } from './one-session.ts';
import { placeOf } from './server.ts';
import { nameOf } from './session-facts.ts';
import { notToBeSeen } from './sessions-gone.ts';
import { age } from './units.ts';

type Input = OnContext['input'];
type Running = Pick<Session, 'pid' | 'backendStart' | 'stateSince'>;

/** A statement looks at times whether it is cancelled; so long it is given. */
const patienceMs = 5000;
const pauseMs = 200;

/** Cancels the statement that the chosen session ran when it was shown. `more`: what else is to be said of it. */
export const cancelling = (
  chosen: Chosen,
  more: (context: OnContext) => readonly string[] = () => [],
): ActionSpec<Input, DatabasePorts> => ({
  tier: 'disruptive',
  plan: async (context) => {
    const { server, session } = await sameSession(context, chosen(context.findings));
    requireStatement(session);
    return {
      summary: `cancel the statement of ${nameOf(session)} on ${placeOf(server)}`,
      target: server.target,
      blastRadius: [...whoIsAffected(session), ...more(context)],
      equivalent: [`SELECT pg_cancel_backend(${session.pid});`],
      undo: 'none: the statement fails, and with it its transaction; the session stays and can try again',
      basis: { pid: session.pid, backendStart: session.backendStart, statementSince: session.stateSince },
      data: { pid: session.pid, backendStart: session.backendStart, stateSince: session.stateSince },
    };
  },
  apply: async (context, change) => {
    const { stateSince, ...key } = runningIn(change);
    const asked = { ...key, ...(stateSince === null ? {} : { stateSince }) };
    const { results } = await serverOf(context).endSessions({ how: 'cancel', sessions: [asked] }, context);
    return results[0];
  },
  verify: async (context, change, told) => {
    const answer = told as EndedSession | undefined;
    const { still, unseen } = await stillRunning(
      context,
      runningIn(change),
      answer?.outcome === 'done' ? patienceMs : 0,
    );
    return judgeCancel(still, answer, unseen);
  },
});

const runningIn = (change: Change): Running => change.data as unknown as Running;

const requireStatement = (session: Session): void => {
  if (session.state !== null && !session.state.startsWith('idle')) return;
  const why =
    session.state === null ? 'cannot see what it does' : `is ${session.state}: there is no statement to cancel`;
  throw new RunbookError('refused', `${nameOf(session)} ${why}. Nothing was done.`, {
    next: [`rb db terminate ${session.pid}   (ends the session)`],
  });
};

/** The session, if it runs the same statement after `patience`; and whether there is one that may not be looked at. */
const stillRunning = async (
  context: OnContext,
  running: Running,
  patience: number,
): Promise<{ readonly still: Session | undefined; readonly unseen: number }> => {
  const until = context.clock.monotonic() + patience;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- a look after another
    const { sessions, unseen } = await serverOf(context).sessionsStillThere([running], context);
    const still = sessions.find(({ stateSince }) => stateSince === running.stateSince);
    if (!still || context.clock.monotonic() + pauseMs > until) return { still, unseen };
    // oxlint-disable-next-line no-await-in-loop
    await context.clock.sleep(pauseMs, context.signal);
  }
};

/** `worked: false`: the signal was sent, and the statement goes on. */
export const judgeCancel = (still: Session | undefined, answer: EndedSession | undefined, unseen: number): Finding => {
  const data = { outcome: answer?.outcome ?? null, worked: still === undefined };
  if (answer?.outcome === 'denied') return { verdict: 'critical', summary: `denied: ${answer.reason}`, data };
  if (unseen > 0) return { verdict: 'unknown', summary: notToBeSeen, data };
  if (!still)
    return answer && answer.outcome !== 'done'
      ? { verdict: 'ok', summary: 'nothing had to be cancelled: it ended by itself', data }
      : { verdict: 'ok', summary: 'cancelled', data };
  const summary = `the statement goes on${still.waitsFor === null || still.waitsFor.startsWith('Timeout') ? '' : `, waiting for ${still.waitsFor}`}, for ${age(still.queryMs ?? 0)} now`;
  // Without an answer nobody knows whether the signal was sent: then it is sent once more.
  return { verdict: answer ? 'warn' : 'critical', summary, data };
};
