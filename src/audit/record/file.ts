import fs from 'node:fs';
import { join } from 'node:path';
import { RunbookError } from '../../engine/errors.ts';
import { prepareAuditDirectory } from '../directory.ts';
import { createNew, nodeFileOperations, ownerOnly, syncDirectory } from './file-operations.ts';
import type { AuditLog } from '../port.ts';
import { noRecord } from './record.ts';
import { enterSession } from './register.ts';
import { withReserve } from './reserve.ts';
import { isSessionId } from '../session-id.ts';
import { reserveSpill } from './spill.ts';
import { type AuditOptions, createWriter, notBegun } from './writer.ts';

/** The session's file in the audit directory. */
export const logPath = (directory: string, session: string): string => {
  if (!isSessionId(session))
    throw new RunbookError('usage', `"${session}" is not the id of a session.`, { next: ['rb audit list'] });
  return join(directory, `${session}.jsonl`);
};

/**
 * Opens the audit file of a new session: created exclusively, never through a link, readable by its owner only; its
 * directory is flushed, the session is entered in the register, and the room for a last result is reserved. Throws
 * `RunbookError('unrecorded')` where any of this fails.
 */
export const openAuditLog = (options: AuditOptions): AuditLog => {
  const { directory, session, clock, lastResort = toStandardError } = options;
  const files = withReserve(options.files ?? nodeFileOperations, directory);
  const path = logPath(directory, session);
  prepareAuditDirectory(directory);
  try {
    const spill = reserveSpill(files, directory, session, clock.now());
    try {
      const fd = files.open(path, createNew, ownerOnly);
      syncDirectory(files, directory);
      // After the file is there, so that one that is not was removed.
      const register = enterSession(files, directory, session, clock.now());
      return createWriter({ path, fd, size: 0, head: noRecord, spill, register }, { ...options, files, lastResort });
    } catch (error) {
      spill.close();
      throw error;
    }
  } catch (cause) {
    throw cause instanceof RunbookError ? cause : notBegun(path, cause);
  }
};

/** Straight to the descriptor: it works while the process is about to end. */
export const toStandardError = (line: string): void => void fs.writeSync(2, line);
