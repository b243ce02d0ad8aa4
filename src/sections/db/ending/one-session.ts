import * as z from 'zod/mini';
import { RunbookError } from '../../../engine/errors.ts';
import { judged, judgement, unknown } from '../../../engine/judgement.ts';
import type { Reads } from '../../../engine/procedure/context.ts';
import type { CheckSpec } from '../../../engine/procedure/specs.ts';
import type { HoldingSession, Server, Session } from '../../../providers/database/port.ts';
import { list, ServerData } from '../reading/data.ts';
import { blockers } from '../activity/running-judgement.ts';
import { withoutRight } from '../idle/idle-selection.ts';
import { onServer, placeOf, serverOf, unseenBecause } from '../reading/server.ts';
import type { DatabaseContext, DatabasePorts } from '../reading/server.ts';
import { SessionData } from '../reading/session-data.ts';
import { doing, isAgainstWraparound, nameOf, presentMs, shortState, sessionColumns } from '../reading/session-facts.ts';
import { age } from '../../../words/ages.ts';

/** What is known of the session that a change is about. */
export type ChosenSession = Pick<Session, 'pid' | 'backendStart' | 'user' | 'database' | 'application' | 'kind'>;
/** How a step knows it, from what the steps before it have found. */
export type Chosen = (reads: Reads) => ChosenSession;

/** A session by its process id. */
export const PidInput = z.object({ ...onServer, pid: z.int().check(z.gte(1), z.lte(2 ** 31 - 1)) });
type PidInput = z.output<typeof PidInput>;

const OneSession = z.object({ server: ServerData, session: z.extend(SessionData, { holds: list(z.string()) }) });

/** The session that a person named, as it is when the command begins. Errors: `refused` where there is none. */
export const lookAtSession: CheckSpec<PidInput, DatabasePorts, z.output<typeof OneSession>> = {
  data: OneSession,
  look: async (context) => {
    const { pid } = context.input;
    const { server, session } = await (await serverOf(context)).session(pid, context);
    if (!session) throw noSession(pid, server);
    const hidden = unseenBecause(server);
    return {
      ...judged({
        about: `${nameOf(session)} on ${placeOf(server)}: ${session.kind ?? 'cannot see what it is'}, ${doing(session)}`,
        columns: sessionColumns,
        rows: [
          {
            name: nameOf(session),
            cells: [
              session.pid,
              age(presentMs(session)),
              blockers(session) || null,
              shortState(session.state) ?? 'cannot see',
              session.query,
              session.waitsFor,
              session.database,
              session.user,
              session.application || null,
              session.client,
            ],
            marks: 3,
            judgement: judgement(session.state === null && unknown(`cannot see what it does: ${hidden.why}`)),
          },
        ],
      }),
      data: { server, session },
    };
  },
};

/** The chosen session as it is now. Errors: `refused` where it is gone, or its process id is another's by now. */
export const sameSession = async (
  context: DatabaseContext,
  chosen: ChosenSession,
): Promise<{ readonly server: Server; readonly session: HoldingSession }> => {
  const { server, session } = await (await serverOf(context)).session(chosen.pid, context);
  if (!session || session.backendStart !== chosen.backendStart)
    throw new RunbookError('refused', `${nameOf(chosen)} is gone: it ended by itself.`, {
      next: ['rb db running', 'rb db blocking'],
    });
  refuseUntouchable(session, server);
  return { server, session };
};

const noSession = (pid: number, server: Server): RunbookError =>
  new RunbookError('refused', `There is no session with the pid ${pid} on ${placeOf(server)}.`, {
    next: ['rb db running', 'rb db blocking'],
  });

const refuseUntouchable = (session: Session, server: Server): void => {
  const found = untouchable(session, server);
  if (!found) return;
  throw new RunbookError('refused', `${nameOf(session)} is left alone: ${found.why}.`, {
    next: found.next,
  });
};

interface Untouchable {
  readonly why: string;
  readonly next: readonly string[];
}

const untouchable = (session: Session, { user, version }: Server): Untouchable | undefined => {
  if (session.own) return { why: 'it is a session of rb', next: [] };
  if (session.ofServer) return { why: `the ${session.kind} is a process of the server itself`, next: [] };
  // Its start is what tells it from another one that gets its process id.
  if (session.backendStart === '')
    return {
      why: `"${user}" may not see when it began, so it could not be told from another with its process id`,
      next: [`as a superuser: GRANT pg_monitor TO "${user}"`],
    };
  const why = withoutRight(session, user);
  return why === undefined ? undefined : { why, next: rightFor(session, user, version) };
};

const rightFor = (session: Session, user: string, version: string): readonly string[] => {
  if (session.superuser) return ['log in as a superuser'];
  if (session.user !== null) return [`as a superuser: GRANT pg_signal_backend TO "${user}"`];
  return Number.parseInt(version, 10) >= 18
    ? [`as a superuser: GRANT pg_signal_autovacuum_worker TO "${user}"`]
    : ['log in as a superuser'];
};

/** What speaks against touching it at all. */
export const reasonsAgainst = (session: Session): readonly string[] =>
  isAgainstWraparound(session)
    ? ['this is autovacuum against wraparound: it starts again at once, and from the beginning']
    : [];

/** Who it is and what it does, for the plan. */
export const whoIsAffected = (session: HoldingSession): readonly string[] => [
  `${nameOf(session)}: ${doing(session)}${session.transactionMs === null ? '' : `, its transaction open for ${age(session.transactionMs)}`}`,
  [
    ...(session.database === null ? [] : [`database ${session.database}`]),
    ...(session.client === null ? [] : [`from ${session.client}`]),
    ...(session.connectedMs === null ? [] : [`connected for ${age(session.connectedMs)}`]),
  ].join(', '),
  ...(session.kind === 'walsender' ? ['a walsender: what hangs on it has to connect again'] : []),
  ...(session.kind === 'autovacuum worker' && !isAgainstWraparound(session)
    ? ['autovacuum: it starts again later']
    : []),
  ...(session.holds.length > 0 ? [`holds ${session.holds.join(', ')}, which end with the session`] : []),
  ...(session.query === null ? [] : [session.query]),
];
