import fs from 'node:fs';
import { basename } from 'node:path';
import { type AuditRecord, canonical, hashOf, type Head, noRecord } from './record.ts';
import { eventOf } from './side-file.ts';
import type { JsonObject } from '../engine/json.ts';

/** What is wrong with a log, and where. */
export interface Problem {
  /** Counted from 1. */
  readonly line: number;
  /** The record's number, where it can be told. */
  readonly seq?: number;
  readonly what: string;
}

/** A log's file, read as far as it is sound. */
export interface Chain {
  readonly session: string;
  /** The sound records from the first on, their large parts put back into `event`. */
  readonly records: readonly AuditRecord[];
  readonly events: readonly JsonObject[];
  readonly head: Head;
  /** Bytes up to and with the last complete line. */
  readonly complete: number;
  /** The end of the file has no line break: the process or the machine stopped while it wrote. */
  readonly torn?: { readonly bytes: number };
  /** The first damage; nothing after it is in `records`. */
  readonly problem?: Problem;
}

const lineBreak = 0x0a;

/** Reads and checks a log. Throws only where the file cannot be read at all. */
export const readChain = (path: string): Chain => {
  const bytes = fs.readFileSync(path);
  const complete = bytes.lastIndexOf(lineBreak) + 1;
  const session = basename(path).replace(/\.jsonl$/, '');
  const records: AuditRecord[] = [];
  const events: JsonObject[] = [];
  let head = noRecord;
  let problem: Problem | undefined;
  const lines = bytes.toString('utf8', 0, complete).split('\n').slice(0, -1);
  for (const [at, line] of lines.entries()) {
    const checked = checkLine(line, session, head);
    if (typeof checked === 'string') {
      problem = { line: at + 1, ...seqOf(line), what: checked };
      break;
    }
    const { event, problem: side } = eventOf(checked, path);
    if (side) {
      problem = { line: at + 1, seq: checked.seq, what: side };
      break;
    }
    records.push(checked);
    events.push(event);
    head = { seq: checked.seq, hash: checked.hash };
  }
  const torn = bytes.length - complete;
  return {
    session,
    records,
    events,
    head,
    complete,
    ...(torn > 0 && { torn: { bytes: torn } }),
    ...(problem && { problem }),
  };
};

/** The record of a line that follows `head`, or what is wrong with it. */
const checkLine = (line: string, session: string, head: Head): AuditRecord | string => {
  const record = parsed(line);
  if (!record) return 'it is not a record';
  if (record.v !== 1) return `its version is ${String(record.v)}, and this rb knows version 1`;
  if (!isSealed(record, line)) return 'it was changed after it was written';
  if (record.seq > head.seq + 1) return `${missing(head.seq + 1, record.seq - 1)} before it`;
  if (record.seq < head.seq + 1) return 'it is in the wrong place';
  if (record.prev !== head.hash) return 'it does not follow the record before it: that one, or it, was replaced';
  if (record.session !== session) return `it belongs to the session ${record.session}`;
  return record;
};

const isSealed = (record: AuditRecord, line: string): boolean => {
  try {
    return canonical(record) === line && hashOf(record) === record.hash;
  } catch {
    return false; // canonical JSON refuses what rb never writes
  }
};

const missing = (from: number, to: number): string =>
  from === to ? `record ${from} is missing` : `records ${from} to ${to} are missing`;

/** A line as a record, if it looks like one. */
export const parsed = (line: string): AuditRecord | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'seq' in value && 'event' in value && isObject(value.event)
      ? (value as AuditRecord)
      : undefined;
  } catch {
    return undefined;
  }
};

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

const seqOf = (line: string): { seq?: number } => {
  const seq = parsed(line)?.seq;
  return typeof seq === 'number' ? { seq } : {};
};
