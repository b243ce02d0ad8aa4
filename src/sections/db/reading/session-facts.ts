import { onOneLine } from '../../../engine/errors.ts';
import type { Column } from '../../../engine/finding.ts';
import type { Session } from '../../../providers/database/port.ts';
import { age } from '../../../words/ages.ts';

/** A session as a line: what goes first where there is no room is marked `extra`. */
export const sessionColumns: readonly Column[] = [
  { title: 'pid' },
  { title: 'for', align: 'right' },
  { title: 'blocker' },
  { title: 'state' },
  { title: 'query', narrows: true },
  { title: 'waits for', extra: true },
  { title: 'database', extra: true },
  { title: 'user', extra: true },
  { title: 'application', extra: true },
  { title: 'client', extra: true },
];

/** `pid 4711 (app, web)`; a process without a role is what it is: `pid 4711 (autovacuum worker)`. */
export const nameOf = ({
  pid,
  user,
  application,
  kind,
}: Pick<Session, 'pid' | 'user' | 'application' | 'kind'>): string =>
  `pid ${pid} (${onOneLine([user ?? kind ?? 'cannot see whose', application].filter(Boolean).join(', '))})`;

/** How long it does what it does: works on a statement, or has been in its state. Null where that cannot be seen. */
export const presentMs = ({ state, queryMs, stateMs }: Session): number | null =>
  state === 'active' ? (queryMs ?? stateMs) : stateMs;

/** `idle in transaction for 3 h`. */
export const doing = (session: Session): string => {
  if (session.state === null) return 'cannot see what it does';
  const ms = presentMs(session);
  return ms === null ? session.state : `${session.state} for ${age(ms)}`;
};

/** Cancelled, it starts again at once; and until it is done the end comes nearer. */
export const isAgainstWraparound = ({ kind, query }: Pick<Session, 'kind' | 'query'>): boolean =>
  kind === 'autovacuum worker' && query !== null && query.includes('to prevent wraparound');

/** A statement for a line of its own: shortened further than the server's adapter does. */
export const shortQuery = (query: string | null, most = 80): string | null =>
  query === null || query.length <= most ? query : `${query.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;

/** Where there is no room: `idle in tx`. `-o json` has the server's word. */
export const shortState = (state: string | null): string | null =>
  state === null
    ? null
    : state.replace('idle in transaction (aborted)', 'aborted tx').replace('idle in transaction', 'idle in tx');
