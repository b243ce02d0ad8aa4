import { RunbookError } from '../../engine/errors.ts';
import type { Finding } from '../../engine/finding.ts';
import type { ActionSpec } from '../../engine/procedure.ts';
import type { EndedSession, Session, SessionKey } from '../../providers/database/port.ts';
import { protectedBy } from './idle-selection.ts';
import { sameSession, serverOf, whoIsAffected } from './one-session.ts';
import type { Chosen, DatabasePorts, OnContext } from './one-session.ts';
import { placeOf } from './server.ts';
import { nameOf } from './session-facts.ts';
import { notToBeSeen, waitUntilGone } from './sessions-gone.ts';

/** Ends the chosen session. Errors: `refused` for what `neverTerminate` names. */
export const terminating = (
  chosen: Chosen,
  more: (context: OnContext) => readonly string[] = () => [],
): ActionSpec<OnContext['input'], DatabasePorts> => ({
  tier: 'destructive',
  plan: async (context) => {
    const { server, session } = await sameSession(context, chosen(context.findings));
    refuseProtected(session, context);
    return {
      summary: `end the session of ${nameOf(session)} on ${placeOf(server)}`,
      target: server.target,
      blastRadius: [...whoIsAffected(session), ...more(context)],
      equivalent: [`SELECT pg_terminate_backend(${session.pid});`],
      undo: 'none: its open transaction is rolled back; the application has to connect again',
      basis: { pid: session.pid, backendStart: session.backendStart },
      data: { pid: session.pid, backendStart: session.backendStart },
    };
  },
  apply: async (context, change) => {
    const key = change.data as unknown as SessionKey;
    const { results } = await serverOf(context).endSessions({ how: 'terminate', sessions: [key] }, context);
    return results[0];
  },
  verify: async (context, change, told) => {
    const key = change.data as unknown as SessionKey;
    const answer = told as EndedSession | undefined;
    const server = serverOf(context);
    const { sessions, unseen } =
      answer?.outcome === 'done'
        ? await waitUntilGone(server, [key], context)
        : await server.sessionsStillThere([key], context);
    return judgeTerminate(sessions[0], answer, unseen);
  },
});

const refuseProtected = (session: Session, { settings }: OnContext): void => {
  const never = settings.environment.database?.neverTerminate;
  const why = never && protectedBy(session, never);
  if (why === undefined) return;
  throw new RunbookError('refused', `${nameOf(session)} is left alone: ${why}. Nothing was done.`, {
    next: ['change database.neverTerminate in runbook.config.yaml if that is not meant'],
  });
};

/** `still`: the session, if it is there yet. `unseen`: whoever has its process id may not be looked at. */
export const judgeTerminate = (
  still: Session | undefined,
  answer: EndedSession | undefined,
  unseen: number,
): Finding => {
  const data = { outcome: answer?.outcome ?? null, stillThere: still !== undefined };
  if (answer?.outcome === 'denied') return { verdict: 'critical', summary: `denied: ${answer.reason}`, data };
  if (still) {
    const waiting = still.waitsFor === null ? '' : `, waiting for ${still.waitsFor}`;
    return {
      verdict: 'critical',
      summary: answer ? `it is still there after the signal${waiting}` : 'it is still there',
      data,
    };
  }
  if (unseen > 0) return { verdict: 'unknown', summary: notToBeSeen, data };
  return answer?.outcome === 'gone'
    ? { verdict: 'ok', summary: 'gone: it ended by itself', data }
    : { verdict: 'ok', summary: 'terminated', data };
};
