import { RunbookError } from '../../../engine/errors.ts';
import type { AnyFinding } from '../../../engine/finding.ts';
import type { Reads } from '../../../engine/procedure/context.ts';
import type { ActionSpec } from '../../../engine/procedure/specs.ts';
import type { EndedSession, Session } from '../../../providers/database/port.ts';
import { protectedBy } from '../idle/idle-selection.ts';
import { reasonsAgainst, sameSession, whoIsAffected } from './one-session.ts';
import type { Chosen } from './one-session.ts';
import { placeOf, serverOf } from '../reading/server.ts';
import type { DatabaseContext, DatabasePorts, OnServer } from '../reading/server.ts';
import { SessionKey } from '../reading/session-data.ts';
import { nameOf } from '../reading/session-facts.ts';
import { notToBeSeen, waitUntilGone } from './sessions-gone.ts';

/** Ends the chosen session. Errors: `refused` for what `neverTerminate` names. */
export const terminating = (
  chosen: Chosen,
  more: (reads: Reads) => readonly string[] = () => [],
): ActionSpec<OnServer, DatabasePorts, SessionKey, EndedSession | undefined> => ({
  tier: 'destructive',
  change: SessionKey,
  plan: async (context) => {
    const { server, session } = await sameSession(context, chosen(context));
    await refuseProtected(session, context);
    return {
      summary: `end the session of ${nameOf(session)} on ${placeOf(server)}`,
      target: server.target,
      blastRadius: [...whoIsAffected(session), ...more(context)],
      equivalent: [`SELECT pg_terminate_backend(${session.pid});`],
      undo: 'none: its open transaction is rolled back; the application has to connect again',
      raises: reasonsAgainst(session),
      basis: { pid: session.pid, backendStart: session.backendStart },
      data: { pid: session.pid, backendStart: session.backendStart },
    };
  },
  apply: async (context, change) => {
    const server = await serverOf(context);
    const { results } = await server.endSessions({ how: 'terminate', sessions: [change.data] }, context);
    return results[0];
  },
  verify: async (context, change, answer) => {
    const server = await serverOf(context);
    const { sessions, unseen } =
      answer?.outcome === 'done'
        ? await waitUntilGone(server, [change.data], context)
        : await server.sessionsStillThere([change.data], context);
    return judgeTerminate(sessions[0], answer, unseen);
  },
});

const refuseProtected = async (session: Session, { ports }: DatabaseContext): Promise<void> => {
  const never = (await ports.settings()).environment.database?.neverTerminate;
  const why = never && protectedBy(session, never);
  if (why === undefined) return;
  throw new RunbookError('refused', `${nameOf(session)} is left alone: ${why}.`, {
    next: ['change database.neverTerminate in runbook.config.yaml if that is not meant'],
  });
};

/** `still`: the session, if it is there yet. `unseen`: whoever has its process id may not be looked at. */
export const judgeTerminate = (
  still: Session | undefined,
  answer: EndedSession | undefined,
  unseen: number,
): AnyFinding => {
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
