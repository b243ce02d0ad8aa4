import { digest } from '../../engine/change.ts';
import type { Change } from '../../engine/change.ts';
import { onOneLine, RunbookError } from '../../engine/errors.ts';
import type { Finding } from '../../engine/finding.ts';
import type { From, Session, Sessions } from '../../providers/database/port.ts';
import { stillToEnd } from './ending-judgement.ts';
import type { LeftAlone } from './idle-selection.ts';
import { placeOf } from './server.ts';
import { shortQuery } from './session-facts.ts';
import { age, counted } from './units.ts';

type ChosenSession = Pick<
  Session,
  'pid' | 'backendStart' | 'stateSince' | 'user' | 'application' | 'state' | 'stateMs' | 'query'
>;

/** What the first step has chosen. */
export interface Selected {
  readonly ends: readonly ChosenSession[];
  readonly leftAlone: readonly LeftAlone[];
  readonly unseen: number;
}

/** Errors: `refused` where the first step has not been able to look. */
export const selectedIn = (finding: Finding | undefined): Selected => {
  if (finding?.data === undefined)
    throw new RunbookError('refused', 'The idle sessions could not be looked at. Nothing was done.');
  return finding.data as unknown as Selected;
};

/**
 * The chosen ones that are still there. The plan rests on the choice and not on who is left of it: a session that went away
 * by itself, or works again, is no reason to leave the others.
 */
export const planEnding = ({ ends, leftAlone, unseen }: Selected, { server, sessions }: From<Sessions>): Change => {
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
    raises: open.length > 0 ? [`${counted(open.length, 'open transaction')} would be rolled back`] : [],
    basis: {
      sessions: ends.length,
      chosen: digest(ends.map(({ pid, backendStart, stateSince }) => [pid, backendStart, stateSince])),
    },
    data: {
      sessions: now.map(({ pid, backendStart, stateSince }) => ({ pid, backendStart, stateSince })),
    },
  };
};

const longest = (sessions: readonly ChosenSession[]): string =>
  sessions.length === 0
    ? ''
    : `, the longest idle for ${age(Math.max(...sessions.map(({ stateMs }) => stateMs ?? 0)))}`;

/** No ages: the same plan reads the same a minute later. */
const statement = ({ pid, user, application, state, stateSince, query }: ChosenSession): string =>
  [
    `SELECT pg_terminate_backend(${pid});  -- ${onOneLine([user, application].filter(Boolean).join(', '))}`,
    `${state} since ${stateSince?.replace(/\.\d+/, '')}`,
    ...(query === null ? [] : [`last: ${shortQuery(query, 60)}`]),
  ].join('; ');

const mostNames = 6;

const tally = (sessions: readonly ChosenSession[], of: (session: ChosenSession) => string | null): string => {
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
