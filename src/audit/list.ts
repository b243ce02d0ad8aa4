import fs from 'node:fs';
import { basename, join } from 'node:path';
import type { Event, SessionOutcome } from '../engine/events.ts';
import { isUnfinished, sessionFrom } from '../engine/session-state.ts';
import { parsed } from './chain.ts';
import { isSessionId } from './session-id.ts';

/** One line of `rb audit list`. */
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
  /** `open`: running, paused, or cut off; `rb resume` goes on with it. */
  readonly status: SessionOutcome['status'] | 'open';
  /** `rb resume` can go on with it. */
  readonly unfinished: boolean;
  readonly summary?: string;
  readonly reason?: string;
  readonly ticket?: string;
}

/**
 * The sessions in a directory, newest first; none where there is no directory. Cheap: only the lines that open and close
 * a session are parsed, and nothing is verified. A file without a readable first record is left out.
 */
export const listSessions = (directory: string): readonly SessionSummary[] =>
  namesIn(directory)
    .filter((name) => name.endsWith('.jsonl') && isSessionId(basename(name, '.jsonl')))
    .toSorted()
    .toReversed()
    .flatMap((name) => summaryOf(join(directory, name), basename(name, '.jsonl')) ?? []);

const namesIn = (directory: string): readonly string[] => {
  try {
    return fs.readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

const summaryOf = (path: string, session: string): SessionSummary | undefined => {
  const state = sessionFrom(frame(path));
  const { opened, outcome, closedAt } = state;
  if (!opened) return undefined;
  const { reason, ticket } = opened;
  return {
    session,
    path,
    service: opened.subject.service,
    environment: opened.subject.environment,
    procedure: { id: opened.procedure.id, title: opened.procedure.title },
    operator: `${opened.actor.login}@${opened.actor.host}`,
    startedAt: opened.at,
    ...(closedAt !== undefined && { endedAt: closedAt }),
    status: outcome?.status ?? 'open',
    unfinished: isUnfinished(state),
    ...(outcome && { summary: outcome.summary }),
    ...(reason !== undefined && { reason }),
    ...(ticket !== undefined && { ticket }),
  };
};

/** The events that open, resume and close a session. */
const frame = (path: string): readonly Event[] => {
  let text: string;
  try {
    text = fs.readFileSync(path, 'utf8');
  } catch {
    return []; // a name without a file that we may read
  }
  return text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.includes('"kind":"session.'))
    .flatMap((line) => parsed(line) ?? [])
    .filter((record) => record.kind.startsWith('session.'))
    .map((record) => record.event as unknown as Event);
};
