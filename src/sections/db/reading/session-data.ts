import * as z from 'zod/mini';
import type { EndSessionsRequest } from '../../../providers/database/port.ts';
import { list, nullableNumber, nullableText } from './data.ts';

/** Which session a change is about. */
export const SessionKey = z.object({ pid: z.number(), backendStart: z.string() });
export type SessionKey = z.output<typeof SessionKey>;

/** The same, and since when it has been in the state that was seen. */
export const UnchangedSession = z.extend(SessionKey, { stateSince: nullableText });
export type UnchangedSession = z.output<typeof UnchangedSession>;

/** A session in that state, as a member of a set; see `Change.members`. */
export const memberOf = ({ pid, backendStart, stateSince }: UnchangedSession): string =>
  `${pid} ${backendStart} ${stateSince}`;

/** For the port: only while it has been in that state. */
export const onlyUnchanged = ({ stateSince, ...key }: UnchangedSession): EndSessionsRequest['sessions'][number] => ({
  ...key,
  ...(stateSince === null ? {} : { stateSince }),
});

/** A session as `-o json` has it; ages are in milliseconds. */
export const SessionData = z.extend(UnchangedSession, {
  user: nullableText,
  database: nullableText,
  application: z.string(),
  client: nullableText,
  kind: nullableText,
  state: nullableText,
  stateMs: nullableNumber,
  transactionMs: nullableNumber,
  queryMs: nullableNumber,
  connectedMs: nullableNumber,
  waitsFor: nullableText,
  blockedBy: list(z.number()),
  query: nullableText,
  own: z.boolean(),
  superuser: z.boolean(),
  ofServer: z.boolean(),
  maySignal: z.boolean(),
});
