import type { HoldingSession, Receiver, Session } from '../../../providers/database/port.ts';
import { memberOf } from '../reading/session-data.ts';

/** Which idle sessions are meant. An empty list is no restriction. */
export interface IdleFilter {
  readonly users: readonly string[];
  readonly applications: readonly string[];
  readonly databases: readonly string[];
}

/** The configuration's `neverTerminate`. */
export type NeverTerminate = IdleFilter;

export interface LeftAlone {
  readonly pid: number;
  readonly user: string | null;
  readonly application: string;
  readonly why: string;
}

export interface Selection {
  readonly ends: readonly HoldingSession[];
  readonly leftAlone: readonly LeftAlone[];
}

interface Asking {
  readonly filter: IdleFilter;
  readonly never: NeverTerminate;
  /** The role that `rb` is logged in as. */
  readonly role: string;
  /** See `Context.approved`. */
  readonly approved: ReadonlySet<string> | undefined;
}

/** Of the idle sessions those that are ended, and of the others why not. What the filter does not mean is in neither. */
export const selectIdle = (
  sessions: readonly HoldingSession[],
  receivers: readonly Receiver[],
  { filter, never, role, approved }: Asking,
): Selection => {
  const meant = sessions.filter((session) => isMeant(session, filter));
  const judged = meant.map((session) => ({
    session,
    why: whyNot(session, never, role) ?? beyondPlan(session, approved),
  }));
  return {
    ends: judged.flatMap(({ session, why }) => (why === undefined ? [session] : [])),
    leftAlone: [
      ...judged.flatMap(({ session: { pid, user, application }, why }) =>
        why === undefined ? [] : [{ pid, user, application, why }],
      ),
      ...receivers
        .filter(({ user, name }) => isMeant({ user, application: name, database: null }, filter))
        .map(({ pid, user, name }) => ({
          pid,
          user,
          application: name,
          why: 'a walsender: a replica or a subscriber hangs on it',
        })),
    ],
  };
};

type Named = Pick<Session, 'user' | 'application' | 'database'>;

const isMeant = ({ user, application, database }: Named, { users, applications, databases }: IdleFilter): boolean =>
  isIn(users, user) && isIn(applications, application) && (database === null || isIn(databases, database));

const isIn = (wanted: readonly string[], name: string | null): boolean =>
  wanted.length === 0 || (name !== null && wanted.includes(name));

/** Why a session is not ended, whatever was asked for; undefined where nothing speaks against it. */
const whyNot = (session: Session, never: NeverTerminate, role: string): string | undefined =>
  session.own ? 'a session of rb' : (protectedBy(session, never) ?? withoutRight(session, role));

/** It came, or went idle, after the plan was made. */
const beyondPlan = (session: Session, approved: Asking['approved']): string | undefined =>
  approved && !approved.has(memberOf(session)) ? 'not in the plan of --plan' : undefined;

/** The entry of `neverTerminate` that a session falls under. */
export const protectedBy = (
  { user, application, database }: Named,
  { users, applications, databases }: NeverTerminate,
): string | undefined => {
  if (user !== null && users.includes(user)) return `user "${user}" is in neverTerminate`;
  if (applications.includes(application)) return `application "${application}" is in neverTerminate`;
  return database !== null && databases.includes(database) ? `database "${database}" is in neverTerminate` : undefined;
};

/** Why the server would not let us. */
export const withoutRight = (session: Session, role: string): string | undefined => {
  if (session.maySignal) return undefined;
  if (session.superuser) return `a superuser's session, and "${role}" is none`;
  return session.user === null
    ? `a process without a role of its own, and "${role}" is no superuser`
    : `"${role}" may not end it (pg_signal_backend)`;
};
