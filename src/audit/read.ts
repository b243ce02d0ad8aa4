import { basename, dirname, join } from 'node:path';
import { codeOf, messageOf } from '../engine/errors.ts';
import type { Event } from '../engine/events.ts';
import type { JsonObject } from '../engine/json.ts';
import { isTorn, type Problem, recordIn, seqIn } from './chain.ts';
import { newerThanUs } from './event-in.ts';
import { isOurs, meaningOf, strangeEnvelope } from './meaning.ts';
import { readPlainFile } from './plain-file.ts';
import { type AuditRecord, type Head, noRecord, sha256, textAt } from './record.ts';
import { eventOf } from './side-file.ts';
import { savedResults } from './spill.ts';

/** A session as its file has it: what every command rests on, so that none calls whole what another one calls damaged. */
export interface RecordedSession {
  readonly session: string;
  readonly path: string;
  /** The engine's events, oldest first, up to the last complete and sound line; large parts are put back. */
  readonly events: readonly Event[];
  /** The kinds of what the file holds besides: another version of rb recorded it. */
  readonly unknownKinds: readonly string[];
  /** All of them, as they were recorded; the log's own records (`audit.cut`) are left out. */
  readonly raw: readonly JsonObject[];
  /** The sound records. */
  readonly records: readonly AuditRecord[];
  readonly head: Head;
  /** The results among them that come from the spill file, because the log could not take them. */
  readonly saved: readonly JsonObject[];
  /** Nothing follows the end of the session. */
  readonly closed: boolean;
  /** Bytes up to and with the last complete line. */
  readonly complete: number;
  /** The file ends within a record: the process or the machine stopped while it wrote. */
  readonly torn?: { readonly bytes: number };
  /** The first damage. What comes after it is in none of the above. */
  readonly problem?: Problem;
}

/** Reads and checks a session's file, with its side files and the copies of what was cut off. Never throws: a file that cannot be read is damaged. */
export const readSession = (path: string): RecordedSession => {
  const reading = startReading(path);
  let bytes: Uint8Array;
  try {
    bytes = readPlainFile(path);
  } catch (error) {
    return reading.end(0, { line: 0, what: unreadable(error) });
  }
  let complete = 0;
  for (let line = 1, end = bytes.indexOf(lineBreak); end >= 0; line += 1, end = bytes.indexOf(lineBreak, complete)) {
    const one = bytes.subarray(complete, end);
    const problem = reading.take(one);
    if (problem !== undefined) return reading.end(complete, { line, ...seqIn(one), what: problem });
    complete = end + 1;
  }
  const rest = bytes.subarray(complete);
  if (isTorn(rest)) return reading.end(complete, undefined, rest.length);
  const line = reading.count() + 1;
  return reading.end(complete, {
    line,
    what: `what follows the last record is not the beginning of another (${rest.length} bytes)`,
  });
};

/** What is said of a session that another version wrote; undefined where this one knows all of it. */
export const newerIn = ({ raw, unknownKinds }: Pick<RecordedSession, 'raw' | 'unknownKinds'>): string | undefined => {
  if (unknownKinds.length === 0) return undefined;
  const opened = raw.find(({ type }) => type === 'session.opened') ?? {};
  return newerThanUs(textAt(opened, 'program') || 'another rb', unknownKinds);
};

const lineBreak = 0x0a;

const unreadable = (error: unknown): string =>
  codeOf(error) === 'ENOENT' ? 'its file is missing' : `its file cannot be read, ${messageOf(error)}`;

/** Collects what the lines hold. */
const startReading = (path: string) => {
  const session = basename(path).replace(/\.jsonl$/, '');
  const meaning = meaningOf(session);
  const records: AuditRecord[] = [];
  const events: Event[] = [];
  const raw: JsonObject[] = [];
  const unknownKinds = new Set<string>();
  let head = noRecord;

  const takeEvent = (recorded: JsonObject): string | undefined => {
    const meant = meaning.next(recorded);
    if (typeof meant === 'string') return meant;
    if ('event' in meant) events.push(meant.event);
    else if ('unknownKind' in meant && !isOurs(meant.unknownKind)) unknownKinds.add(meant.unknownKind);
    if (!isOurs(textAt(recorded, 'type'))) raw.push(recorded);
    return undefined;
  };

  /** Why the line is damaged. */
  const take = (line: Uint8Array): string | undefined => {
    const record = recordIn(line, session, head);
    if (typeof record === 'string') return record;
    const { event, problem } = eventOf(record, path);
    const wrong = problem ?? strangeEnvelope(record) ?? changedCopy(record, dirname(path)) ?? takeEvent(event);
    if (wrong !== undefined) return wrong;
    records.push(record);
    head = { seq: record.seq, hash: record.hash };
    return undefined;
  };

  const end = (complete: number, problem: Problem | undefined, torn = 0): RecordedSession => {
    const known = new Set(raw.map(keyOf));
    const saved = problem
      ? []
      : savedResults(dirname(path), session).filter((one) => !known.has(keyOf(one)) && takeEvent(one) === undefined);
    return {
      session,
      path,
      events,
      unknownKinds: [...unknownKinds],
      raw,
      records,
      head,
      saved,
      closed: meaning.closed,
      complete,
      ...(torn > 0 && { torn: { bytes: torn } }),
      ...(problem && { problem }),
    };
  };
  return { take, end, count: () => records.length };
};

const keyOf = (event: JsonObject): string =>
  JSON.stringify([event['type'], event['step'], event['at'], event['monotonicMs']]);

/** A torn end was copied aside when it was cut off, and the record of the cut holds the copy's digest. */
const changedCopy = ({ kind, session, event }: AuditRecord, directory: string): string | undefined => {
  const { file, digest } = event;
  if (kind !== 'audit.cut' || typeof file !== 'string') return undefined;
  // The name comes from a record, and a record of a forged log could name any file.
  const isOurs = file.startsWith(`${session}.torn-`) && !file.includes('/');
  const bytes = isOurs ? contentOf(join(directory, file)) : undefined;
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
