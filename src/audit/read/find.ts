import { RunbookError } from '../../engine/errors.ts';
import { logPath } from '../record/file.ts';
import { sessionIds } from './list.ts';
import { readSession } from './read.ts';
import type { ReadOptions, RecordedSession } from './read.ts';
import { isSessionId } from '../session-id.ts';

/** The session that an id, or the beginning of one, names. Errors: `usage` if no session or more than one matches. */
export const sessionNamed = (directory: string, given: string, options?: ReadOptions): RecordedSession => {
  if (!isSessionId(given))
    throw new RunbookError('usage', `"${given}" is not the id of a session.`, { next: ['rb audit list'] });
  const ids = sessionIds(directory);
  const found = ids.includes(given) ? [given] : ids.filter((id) => id.startsWith(given));
  const [only] = found;
  if (only !== undefined && found.length === 1) return readSession(logPath(directory, only), options);
  throw new RunbookError(
    'usage',
    only === undefined
      ? `There is no session ${given} in ${directory}.`
      : `${given} is the beginning of ${found.length} sessions: ${someOf(found)}.`,
    { next: ['rb audit list'] },
  );
};

/** The newest session that something is on record of, or was. Before it, `options.on` hears nothing: the others have no sound record. */
export const newestSession = (directory: string, options?: ReadOptions): RecordedSession | undefined => {
  for (const session of sessionIds(directory)) {
    const recorded = readSession(logPath(directory, session), options);
    if (recorded.records > 0 || recorded.problem) return recorded;
  }
  return undefined;
};

const mostNamed = 5;

const someOf = (ids: readonly string[]): string => {
  const more = ids.length > mostNamed ? ` and ${ids.length - mostNamed} more` : '';
  return `${ids.slice(0, mostNamed).join(', ')}${more}`;
};
