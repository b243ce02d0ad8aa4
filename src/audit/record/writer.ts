import { codeOf, messageOf, RunbookError } from '../../engine/errors.ts';
import type { Event, EventType } from '../../engine/session/events.ts';
import { isObject } from '../../engine/json.ts';
import type { JsonObject } from '../../engine/json.ts';
import type { Clock } from '../../engine/clock.ts';
import { type FileOperations, writeAll } from './file-operations.ts';
import type { AuditLog } from '../port.ts';
import {
  type AuditRecord,
  canonical,
  type Envelope,
  type Head,
  longestLine,
  nextLine,
  recordable,
  textAt,
} from './record.ts';
import { refillReserve } from './reserve.ts';
import { unburden, writeSide } from './side-file.ts';
import type { Spill } from './spill.ts';

/** What opening a log needs from its surroundings. */
export interface AuditOptions {
  /** Prepared by `prepareAuditDirectory` when the log opens. */
  readonly directory: string;
  readonly session: string;
  readonly envelope: Envelope;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  /** The disk; a test puts a failing one here. */
  readonly files?: FileOperations;
  /** Takes a step's result that neither the log nor the spill file took: standard error. */
  readonly lastResort?: (line: string) => void;
}

/** An open file and what is known of its end. */
interface OpenFile {
  readonly path: string;
  readonly fd: number;
  readonly size: number;
  readonly head: Head;
  readonly spill: Spill;
  /** Of a new log: the hash of the session's entry in the register. */
  readonly register?: string;
}

/** Room in a line for everything that is not the event: hashes, actor, names. */
const around = 4 * 1024;

/**
 * What a power cut must not take back: among it the input of a call, which a resumed session takes from here. A flush takes along all that
 * was written before it: the opening, the answer.
 */
const flushed: ReadonlySet<string> = new Set([
  'session.resumed',
  'session.closed',
  'call.opened',
  'step.intent',
  'audit.cut',
] satisfies (EventType | 'audit.cut')[]);

/** What reopening a log does beside appending events. */
interface Writer extends AuditLog {
  /** Also takes the log's own records, which are not events of the engine. */
  record(event: JsonObject): void;
  /** Appends records that an earlier process saved beside the log, as they are, and flushes them. They have to follow the head. */
  takeOver(records: readonly AuditRecord[]): void;
}

/** The log over an open file. */
export const createWriter = (
  file: OpenFile,
  options: AuditOptions & { readonly files: FileOperations; readonly lastResort: (line: string) => void },
): Writer => {
  const { files, session, envelope, directory } = options;
  let { head, size } = file;
  /** What the next record in the spill file follows. */
  let spillHead = head;
  let broken: RunbookError | undefined;
  let closed = false;
  /** The steps that have begun to change something, and have not told how it ended. */
  const begun = new Set<unknown>();
  /** The result of a change that is written and not flushed yet, and what it follows. */
  let due: { readonly event: JsonObject; readonly after: Head } | undefined;

  const sync = (): void => {
    files.syncData(file.fd);
    due = undefined;
  };

  const entered = (seq: number) => (seq === 1 && file.register !== undefined ? { register: file.register } : {});

  /** With what is too long for the line beside the log. */
  const lightened = (event: JsonObject, seq: number) => {
    // A part of the envelope may be long too; then the event has to be shorter still.
    const room = longestLine - around - Buffer.byteLength(canonical(envelope));
    const { event: light, parts } = unburden(event, Math.max(room, around));
    const side = Object.keys(parts).length > 0 && writeSide(files, directory, session, seq, parts);
    return nextLine(head, session, envelope, light, { ...entered(seq), ...(side && { side }) });
  };

  const write = (event: JsonObject): void => {
    const seq = head.seq + 1;
    const whole = nextLine(head, session, envelope, event, entered(seq));
    const { line, hash } = whole.line.length > longestLine ? lightened(event, seq) : whole;
    if (line.length > longestLine) throw new Error(`record ${seq} is too long for its line (${line.length} bytes)`);
    if (files.size(file.fd) !== size) throw new Error('another process has written to the file');
    writeAll(files, file.fd, line);
    size += line.length;
    const after = head;
    head = { seq, hash };
    spillHead = head;
    if (event['type'] === 'step.intent') begun.add(event['step']);
    // Only of a step that changed something is the result worth a flush of its own.
    if (event['type'] === 'step.result' && begun.delete(event['step'])) due = { event, after };
    if (flushed.has(textAt(event, 'type'))) sync();
  };

  const whole = (work: () => void): void => {
    if (closed) throw unrecorded(file.path, session, new Error('it is closed'));
    if (broken) throw broken;
    try {
      work();
    } catch (cause) {
      broken = unrecorded(file.path, session, cause);
      throw broken;
    }
  };
  const record = (event: JsonObject): void => whole(() => write(event));

  /** What happened must not be lost because the disk is full: into the reserved room, else to standard error. */
  const rescue = (result: JsonObject): void => {
    const short = shortened(result);
    const { line, hash } = nextLine(spillHead, session, envelope, short, { spilled: true });
    try {
      file.spill.write(line);
      spillHead = { seq: spillHead.seq + 1, hash };
    } catch {
      try {
        options.lastResort(`rb: the result of this step could not be recorded: ${canonical(short)}\n`);
      } catch {
        // Nobody is left to tell; what the caller gets is thrown in any case.
      }
    }
  };

  const append = (event: Event): void => {
    const safe = recordable(event);
    const isOfChange = event.type === 'step.result' && begun.has(event.step);
    try {
      if (event.type === 'session.closed') giveBack(file.spill);
      record(safe);
    } catch (error) {
      if (isOfChange) {
        begun.delete(event.step);
        rescue(safe);
      }
      throw error;
    }
  };

  const flush = (): void => {
    if (!due) return;
    const { event, after } = due;
    try {
      whole(sync);
    } catch (error) {
      due = undefined;
      // In the place of the one that the disk may have lost.
      spillHead = after;
      rescue(event);
      throw error;
    }
  };

  const takeOver = (records: readonly AuditRecord[]): void =>
    whole(() => {
      for (const record of records) {
        const line = Buffer.from(`${canonical(record)}\n`);
        writeAll(files, file.fd, line);
        size += line.length;
        head = { seq: record.seq, hash: record.hash };
        spillHead = head;
      }
      if (records.length > 0) sync();
    });

  const close = (): void => {
    if (closed) return;
    closed = true;
    try {
      file.spill.close();
    } finally {
      files.close(file.fd);
      refillReserve(directory);
    }
  };

  return { path: file.path, append, flush, close, record, takeOver };
};

/** No result can follow a session's end. Once that is on record nothing is left behind, however the process ends. */
const giveBack = (spill: Spill): void => {
  try {
    spill.close();
  } catch {
    // Room that cannot be given back is no reason to leave the end unrecorded.
  }
};

/** A result without its evidence: the room for it is small. */
const shortened = ({ finding, error, ...rest }: JsonObject): JsonObject => ({
  ...rest,
  ...(isObject(finding) && {
    finding: { verdict: textAt(finding, 'verdict'), summary: beginningOf(textAt(finding, 'summary')) },
  }),
  ...(typeof error === 'string' && { error: beginningOf(error) }),
});

/** A cut through a surrogate pair would not be canonical JSON. */
const beginningOf = (text: string): string => text.slice(0, 1000).toWellFormed();

/** The error of a log that cannot even be begun (exit code 74): nothing has been done. */
export const notBegun = (path: string, cause: unknown): RunbookError =>
  new RunbookError('unrecorded', `The audit log ${path} could not be begun: ${reasonOf(cause)}. Nothing was done.`, {
    next: [`free some space, or repair the disk below ${path}`],
    cause,
  });

/** The error of a log that cannot be written (exit code 74). */
export const unrecorded = (path: string, session: string, cause: unknown): RunbookError =>
  new RunbookError('unrecorded', `The audit log ${path} could not be written: ${reasonOf(cause)}.`, {
    next: [`free some space, or repair the disk below ${path}`, `rb resume ${session}`],
    cause,
  });

const reasonOf = (cause: unknown): string => {
  switch (codeOf(cause)) {
    case 'ENOSPC':
      return 'no space left on the disk (ENOSPC)';
    case 'EDQUOT':
      return 'the disk quota is used up (EDQUOT)';
    case 'EIO':
      return 'the disk failed (EIO)';
    case 'EROFS':
      return 'the file system is read-only (EROFS)';
    case 'EEXIST':
      return 'a file of that name is there already (EEXIST)';
    default:
      return messageOf(cause);
  }
};
