import { basename } from 'node:path';
import type { SessionOutcome } from '../../engine/session/events.ts';
import { isUnfinished } from '../../engine/session/session-state.ts';
import { damaged } from '../record/chain.ts';
import { logPath } from '../record/file.ts';
import { namesIn } from '../names.ts';
import { newerIn, readSession } from './read.ts';
import type { RecordedSession } from './read.ts';
import { readRegister } from '../record/register.ts';
import { isSessionId } from '../session-id.ts';
import { spillNames } from '../record/spill.ts';

/** One line of `rb audit list`. What is not on record is empty. */
export interface SessionSummary {
  readonly session: string;
  readonly path: string;
  readonly service: string;
  readonly environment: string;
  readonly procedure: { readonly id: string; readonly title: string };
  /** `login@host`. */
  readonly operator: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** When it was closed; absent while it is open, and where it was cut off. */
  readonly endedAt?: string;
  /** `open`: running, paused, or cut off; `rb resume` goes on with it. `damaged`: nothing that it says of its end counts. */
  readonly status: SessionOutcome['status'] | 'open' | 'damaged';
  /** `rb resume` can go on with it. */
  readonly unfinished: boolean;
  readonly summary?: string;
  readonly reason?: string;
  readonly ticket?: string;
  /** Where and how it is damaged. */
  readonly damage?: string;
  /** That another version wrote it, in words. */
  readonly newer?: string;
}

/** The ids of the sessions in a directory, newest first: those whose file is there, and those that the register has. */
export const sessionIds = (directory: string): readonly string[] => {
  const files = namesIn(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => basename(name, '.jsonl'))
    .filter(isSessionId);
  const entered = readRegister(directory)?.entries.map(({ session }) => session) ?? [];
  return [...new Set([...files, ...entered])].toSorted().toReversed();
};

/** Reads sessions of a directory, one after the other: there may be thousands, and the directory itself is read once. */
export function* readSessions(
  directory: string,
  ids: readonly string[] = sessionIds(directory),
): Generator<RecordedSession> {
  const spills = spillNames(directory);
  for (const session of ids) yield readSession(logPath(directory, session), { spills });
}

/** One line of the list, of a session that was read already. */
export const summaryOf = (recorded: RecordedSession): SessionSummary => {
  const { session, path, state, problem } = recorded;
  const { opened, outcome, closedAt } = state;
  const newer = newerIn(recorded);
  return {
    session,
    path,
    service: opened?.subject.service ?? '',
    environment: opened?.subject.environment ?? '',
    procedure: { id: opened?.procedure.id ?? '', title: opened?.procedure.title ?? '' },
    operator: opened ? `${opened.actor.login}@${opened.actor.host}` : '',
    startedAt: opened?.at ?? '',
    ...(closedAt !== undefined && { endedAt: closedAt }),
    status: problem ? 'damaged' : (outcome?.status ?? 'open'),
    unfinished: opened !== undefined && !problem && state.unknownKinds.length === 0 && isUnfinished(state),
    ...(outcome && { summary: outcome.summary }),
    ...(opened?.reason !== undefined && { reason: opened.reason }),
    ...(opened?.ticket !== undefined && { ticket: opened.ticket }),
    ...(problem && { damage: damaged(problem) }),
    ...(newer !== undefined && { newer }),
  };
};
