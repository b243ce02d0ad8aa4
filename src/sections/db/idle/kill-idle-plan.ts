import * as z from 'zod/mini';
import type { Change } from '../../../engine/change.ts';
import { onOneLine } from '../../../engine/errors.ts';
import type { From, Sessions } from '../../../providers/database/port.ts';
import { list } from '../reading/data.ts';
import { stillToEnd } from '../ending/ending-judgement.ts';
import type { IdleData, IdleSession } from './idle-finding.ts';
import type { LeftAlone } from './idle-selection.ts';
import { placeOf } from '../reading/server.ts';
import { memberOf, UnchangedSession } from '../reading/session-data.ts';
import { shortQuery } from '../reading/session-facts.ts';
import { age } from '../../../words/ages.ts';
import { counted } from '../../../words/counts.ts';

/** Those that are to be ended. */
export const Ending = z.object({ sessions: list(UnchangedSession) });
type Ending = z.output<typeof Ending>;

/** The chosen ones that are still there. A session that went away by itself, or works again, is no reason to leave the others. */
export const planEnding = (
  { ends, leftAlone, unseen }: IdleData,
  { server, sessions }: From<Sessions>,
): Change<Ending> => {
  const now = stillToEnd(ends, sessions);
  const open = now.filter(({ state }) => state !== 'idle');
  return {
    summary: `end ${counted(now.length, 'idle session')} of ${placeOf(server)}`,
    target: server.target,
    blastRadius: [
      `${counted(now.length, 'session')}${longest(now)}`,
      ...(now.length > 0 ? [`by user: ${tally(now, ({ user }) => user)}`] : []),
      ...(now.length > 0 ? [`by application: ${tally(now, ({ application }) => application)}`] : []),
      ...(now.length < ends.length
        ? [`${ends.length - now.length} of those that were chosen went away or work again`]
        : []),
      ...leftAloneLines(leftAlone),
      ...(unseen > 0 ? [`cannot see ${counted(unseen, 'session')}: they are not touched`] : []),
    ],
    equivalent: now.map(statement),
    undo: 'none: a session that was ended is gone; an application with a pool connects again by itself',
    raises: [
      ...(open.length > 0 ? [`${counted(open.length, 'open transaction')} would be rolled back`] : []),
      ...heldBy(now),
    ],
    basis: {},
    members: now.map(memberOf),
    data: {
      sessions: now.map(({ pid, backendStart, stateSince }) => ({ pid, backendStart, stateSince })),
    },
  };
};

/** Idle, and not without use: one line for all of them, as they raise the tier once. */
const heldBy = (sessions: readonly IdleSession[]): readonly string[] => {
  const holding = sessions.filter(({ holds }) => holds.length > 0);
  const what = [...new Set(holding.flatMap(({ holds }) => holds))];
  return holding.length > 0
    ? [
        `${counted(holding.length, 'session')} ${holding.length === 1 ? 'holds' : 'hold'} ${what.join(', ')}, which would be lost`,
      ]
    : [];
};

const longest = (sessions: readonly IdleSession[]): string =>
  sessions.length === 0
    ? ''
    : `, the longest idle for ${age(Math.max(...sessions.map(({ stateMs }) => stateMs ?? 0)))}`;

/** No ages: the same plan reads the same a minute later. */
const statement = ({ pid, user, application, state, stateSince, query, holds }: IdleSession): string =>
  [
    `SELECT pg_terminate_backend(${pid});  -- ${onOneLine([user, application].filter(Boolean).join(', '))}`,
    `${state} since ${stateSince?.replace(/\.\d+/, '')}`,
    ...(holds.length > 0 ? [`holds ${holds.join(', ')}`] : []),
    ...(query === null ? [] : [`last: ${shortQuery(query, 60)}`]),
  ].join('; ');

const mostNames = 6;

const tally = (sessions: readonly IdleSession[], of: (session: IdleSession) => string | null): string => {
  const counts = new Map<string, number>();
  for (const session of sessions) {
    const name = onOneLine(of(session) || '(no name)');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const sorted = [...counts].toSorted(([, one], [, other]) => other - one);
  const shown = sorted.slice(0, mostNames).map(([name, count]) => `${name} ${count}`);
  return [...shown, ...(sorted.length > mostNames ? [`${sorted.length - mostNames} others`] : [])].join(', ');
};

const leftAloneLines = (leftAlone: readonly LeftAlone[]): readonly string[] => {
  const reasons = Map.groupBy(leftAlone, ({ why }) => why);
  return [...reasons].map(([why, those]) => {
    const pids = those.slice(0, mostNames).map(({ pid }) => pid);
    return `left alone: ${pids.join(', ')}${those.length > mostNames ? ` and ${those.length - mostNames} more` : ''}: ${why}`;
  });
};
