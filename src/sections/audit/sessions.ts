import { newestSession, sessionNamed } from '../../audit/read/find.ts';
import type { ReadOptions, RecordedSession } from '../../audit/read/read.ts';
import { RunbookError } from '../../engine/errors.ts';

/** The session that an id or its beginning names; the newest one where none is given. Errors: `usage` where there is none. */
export const wantedSession = (directory: string, given: string | undefined, options?: ReadOptions): RecordedSession => {
  const wanted = given === undefined ? newestSession(directory, options) : sessionNamed(directory, given, options);
  if (wanted) return wanted;
  throw new RunbookError('usage', `There is no session in ${directory} yet.`, {
    next: ['rb restart --rolling --dry-run'],
  });
};

/** The exit code of what is shown of a session that is damaged: what comes before the damage is shown all the same. */
export const damagedExit = 1;
