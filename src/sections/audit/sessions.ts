import { logPath } from '../../audit/file.ts';
import { listSessions } from '../../audit/list.ts';
import { readSession } from '../../audit/read.ts';
import type { RecordedSession } from '../../audit/read.ts';
import { messageOf, RunbookError } from '../../engine/errors.ts';
import { sessionFrom } from '../../engine/session-state.ts';
import type { SessionState } from '../../engine/session-state.ts';

/** The file of a session, of the newest where none is named. Errors: `usage` where there is none. */
export const pathOf = (directory: string, session: string | undefined): string => {
  const newest = session ?? listSessions(directory)[0]?.session;
  if (newest === undefined)
    throw new RunbookError('usage', `There is no session in ${directory} yet.`, {
      next: ['rb restart --rolling --dry-run'],
    });
  return logPath(directory, newest);
};

/** Errors: `usage` where the session is not there or cannot be read. */
export const openSession = (path: string): { readonly recorded: RecordedSession; readonly state: SessionState } => {
  try {
    const recorded = readSession(path);
    return { recorded, state: sessionFrom(recorded.events) };
  } catch (error) {
    throw new RunbookError('usage', `Cannot read the session: ${messageOf(error)}`, {
      next: ['rb audit list'],
      cause: error,
    });
  }
};
