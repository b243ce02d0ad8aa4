import { basename, dirname, join } from 'node:path';
import { codeOf, messageOf } from '../../engine/errors.ts';
import type { Event } from '../../engine/session/events.ts';
import type { JsonObject } from '../../engine/json.ts';
import { applyEvent, emptySession, type SessionState } from '../../engine/session/session-state.ts';
import { isTorn, type Problem, recordIn, seqIn } from '../record/chain.ts';
import { newerThanUs } from './event-in.ts';
import { isOurs, meaningOf, strangeEnvelope } from './meaning.ts';
import { linesOf, readPlainFile } from '../plain-file.ts';
import { type AuditRecord, type Head, longestLine, noRecord, sha256, textAt } from '../record/record.ts';
import { eventOf } from '../record/side-file.ts';
import { spilledAfter, spillFiles } from '../record/spill.ts';
import { clockOf, type StrangeTimes } from './strange-times.ts';

/**
 * A session as its file has it: what every command rests on, so that none calls whole what another one calls damaged. It is put together
 * while the file is read and holds nothing that grows with the number of records beyond what a session's state does.
 */
export interface RecordedSession {
  readonly session: string;
  readonly path: string;
  /** Of all events up to the last complete and sound line, and of those that were saved beside it; large parts are put back. */
  readonly state: SessionState;
  /** Which program began it; empty where that is not on record. */
  readonly program: string;
  /** How many sound records there are. */
  readonly records: number;
  /** The hash of the session's entry in the register, where the first record has it. */
  readonly register?: string;
  readonly head: Head;
  /** Results that the log could not take, from the spill file; they follow `head`. */
  readonly saved: readonly AuditRecord[];
  /** How many such results an earlier `rb resume` has taken into the log. */
  readonly takenOver: number;
  /** Lines of the spill file that do not belong to the log. Nothing of them counts. */
  readonly strangers: number;
  /** Nothing follows the end of the session. */
  readonly closed: boolean;
  /** Bytes up to and with the last complete line. */
  readonly complete: number;
  readonly strangeTimes: StrangeTimes;
  /** The file ends within a record: the process or the machine stopped while it wrote. */
  readonly torn?: { readonly bytes: number };
  /** The first damage. What comes after it is in none of the above. */
  readonly problem?: Problem;
}

/** One event of a session, as it is read. */
export interface Entry {
  /** Absent where another version of rb has recorded what this one does not know. */
  readonly event?: Event;
  readonly recorded: JsonObject;
  /** It comes from the spill file, or did when it was taken into the log. */
  readonly spilled: boolean;
}

export interface ReadOptions {
  /** Called with each event, oldest first; the log's own records (`audit.cut`) are left out. */
  readonly on?: (entry: Entry) => void;
  /** See `spillFiles`. */
  readonly spills?: readonly string[];
}

/**
 * Reads and checks a session's file, with its side files, its spill files and the copies of what was cut off. Never throws but for what
 * `on` throws: a file that cannot be read is damaged.
 */
export const readSession = (path: string, options: ReadOptions = {}): RecordedSession => {
  const reading = startReading(path, options);
  const lines = linesIn(path);
  for (let line = 1; ; line += 1) {
    const next = lines();
    if (typeof next === 'string') return reading.end({ line: 0, what: next });
    if ('rest' in next) {
      if (isTorn(next.rest)) return reading.end(undefined, next.rest.length);
      return reading.end({
        line,
        what: `what follows the last record is not the beginning of another (${next.rest.length} bytes)`,
      });
    }
    const problem = reading.take(next.line);
    if (problem !== undefined) return reading.end({ line, ...seqIn(next.line), what: problem });
  }
};

/** What is said of a session that another version wrote; undefined where this one knows all of it. */
export const newerIn = ({ program, state }: Pick<RecordedSession, 'program' | 'state'>): string | undefined =>
  state.unknownKinds.length === 0 ? undefined : newerThanUs(program || 'another rb', state.unknownKinds);

/** One line after the other, then what follows the last one; or why the file cannot be read. */
const linesIn = (path: string): (() => { readonly line: Uint8Array } | { readonly rest: Uint8Array } | string) => {
  const lines = linesOf(path, longestLine);
  return () => {
    try {
      const next = lines.next();
      return next.done ? { rest: next.value } : { line: next.value };
    } catch (error) {
      return codeOf(error) === 'ENOENT' ? 'its file is missing' : `its file cannot be read, ${messageOf(error)}`;
    }
  };
};

/** Collects what the lines hold. */
const startReading = (path: string, { on, spills }: ReadOptions) => {
  const directory = dirname(path);
  const session = basename(path).replace(/\.jsonl$/, '');
  const meaning = meaningOf(session);
  const clock = clockOf();
  const unknownKinds: string[] = [];
  const state = emptySession(unknownKinds);
  /** Of the results: the spill file may have them as well. */
  const results = new Set<string>();
  let [head, records, complete, takenOver, program] = [noRecord, 0, 0, 0, ''];
  let register: string | undefined;

  /** Why an event cannot stand there. */
  const takeEvent = (recorded: JsonObject, spilled = false): string | undefined => {
    if (spilled && !meaning.endsChange(recorded)) return 'it comes from the spill file and does not end a change';
    const meant = meaning.next(recorded);
    if (typeof meant === 'string') return meant;
    if ('unknownKind' in meant && isOurs(meant.unknownKind)) return undefined;
    if ('event' in meant) {
      applyEvent(state, meant.event);
      clock.on(meant.event.at);
    } else if ('unknownKind' in meant && !unknownKinds.includes(meant.unknownKind))
      unknownKinds.push(meant.unknownKind);
    const type = textAt(recorded, 'type');
    if (type === 'step.result') results.add(keyOf(recorded));
    if (type === 'session.opened') program ||= textAt(recorded, 'program');
    on?.({ recorded, spilled, ...('event' in meant && { event: meant.event }) });
    return undefined;
  };

  /** Why the line is damaged. */
  const take = (line: Uint8Array): string | undefined => {
    const record = recordIn(line, session, head);
    if (typeof record === 'string') return record;
    const { event, problem } = eventOf(record, path);
    const wrong =
      problem ?? strangeEnvelope(record) ?? changedCopy(record, directory) ?? takeEvent(event, record.spilled);
    if (wrong !== undefined) return wrong;
    if (records === 0) ({ register } = record);
    if (record.spilled) takenOver += 1;
    records += 1;
    head = { seq: record.seq, hash: record.hash };
    complete += line.length + 1;
    return undefined;
  };

  const savedBeside = () =>
    spilledAfter(spillFiles(directory, session, spills), session, head, {
      isKnown: ({ event }) => results.has(keyOf(event)),
      fits: (record) =>
        !record.side && strangeEnvelope(record) === undefined && takeEvent(record.event, true) === undefined,
    });

  const end = (problem: Problem | undefined, torn = 0): RecordedSession => {
    const spilled = problem ? { records: [], strangers: 0 } : savedBeside();
    return {
      session,
      path,
      state,
      program,
      records,
      ...(register !== undefined && { register }),
      head,
      saved: spilled.records,
      takenOver,
      strangers: spilled.strangers,
      closed: meaning.closed,
      complete,
      strangeTimes: clock.found(),
      ...(torn > 0 && { torn: { bytes: torn } }),
      ...(problem && { problem }),
    };
  };
  return { take, end };
};

const keyOf = (event: JsonObject): string => JSON.stringify([event['step'], event['at'], event['monotonicMs']]);

/** A torn end was copied aside when it was cut off, and the record of the cut holds the copy's digest. */
const changedCopy = ({ kind, session, event }: AuditRecord, directory: string): string | undefined => {
  const { file, digest } = event;
  if (kind !== 'audit.cut' || typeof file !== 'string') return undefined;
  // The name comes from a record, and a record of a forged log could name any file.
  const isOwn = file.startsWith(`${session}.torn-`) && !file.includes('/');
  const bytes = isOwn ? contentOf(join(directory, file)) : undefined;
  if (bytes && sha256(bytes) === digest) return undefined;
  return `the copy of what was cut off there, ${file}, is missing or was changed`;
};

const contentOf = (path: string): Uint8Array | undefined => {
  try {
    return readPlainFile(path);
  } catch {
    return undefined;
  }
};
