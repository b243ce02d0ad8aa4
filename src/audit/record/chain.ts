import { isObject } from '../../engine/json.ts';
import type { Json, JsonObject } from '../../engine/json.ts';
import { type AuditRecord, type Head, isSealed, isShallow, longestLine } from './record.ts';

/** What is wrong with a log, and where. */
export interface Problem {
  /** Counted from 1; 0: the file as a whole. */
  readonly line: number;
  /** The record's number, where it can be told. */
  readonly seq?: number;
  readonly what: string;
}

/** `damaged at line 4 (record 5): it was changed after it was written`; without a place where the whole file is meant. */
export const damaged = ({ line, seq, what }: Problem, word = 'damaged'): string => {
  const place = line === 0 ? '' : ` at line ${line}${seq === undefined ? '' : ` (record ${seq})`}`;
  return `${word}${place}: ${what}`;
};

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The record of a line, which has to follow `head`, or what is wrong with it. The hash says that the rest is as `rb` wrote it. */
export const recordIn = (line: Uint8Array, session: string, head: Head): AuditRecord | string => {
  // Its line break counts too.
  if (line.length >= longestLine) return 'it is longer than a record can be';
  const source = decoded(line);
  const record = source === undefined ? undefined : recordLike(source);
  if (source === undefined || !record) return 'it is not a record';
  if (record.v !== 1) return `its version is ${String(record.v)}, and this rb knows version 1`;
  if (!isSealed(record, source)) return 'it was changed after it was written';
  if (record.seq > head.seq + 1) return `${missing(head.seq + 1, record.seq - 1)} before it`;
  if (record.seq < head.seq + 1) return 'it is in the wrong place';
  if (record.prev !== head.hash) return 'it does not follow the record before it: that one, or it, was replaced';
  if (record.session !== session) return `it belongs to the session ${record.session}`;
  return record;
};

/** The number of the record in a line, where it has one. */
export const seqIn = (line: Uint8Array): { seq?: number } => {
  const source = decoded(line);
  const seq = source === undefined ? undefined : recordLike(source)?.seq;
  return seq === undefined ? {} : { seq };
};

/** Whether bytes without a line break can be what a process was writing when it stopped. */
export const isTorn = (rest: Uint8Array): boolean => {
  const start = '{"actor":{"';
  const found = Buffer.from(rest).toString('latin1');
  return rest.length < longestLine && !/[\0-\x1f]/.test(found) && (found.startsWith(start) || start.startsWith(found));
};

const decoded = (line: Uint8Array): string | undefined => {
  try {
    return text.decode(line);
  } catch {
    return undefined;
  }
};

const missing = (from: number, to: number): string =>
  from === to ? `record ${from} is missing` : `records ${from} to ${to} are missing`;

/** What has the fields of a record, whether or not its hash and its place are right. */
export const recordLike = (line: string): AuditRecord | undefined => {
  try {
    const value: Json = JSON.parse(line);
    return isRecord(value) && isShallow(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const isRecord = (value: Json): value is JsonObject & AuditRecord =>
  isObject(value) &&
  ['session', 'prev', 'at', 'kind', 'hash', 'service', 'environment'].every((key) => typeof value[key] === 'string') &&
  ['v', 'seq', 'monotonicMs'].every((key) => typeof value[key] === 'number') &&
  ['step', 'tier', 'register'].every((key) => value[key] === undefined || typeof value[key] === 'string') &&
  (value['spilled'] === undefined || value['spilled'] === true) &&
  isObject(value['actor']) &&
  isObject(value['event']) &&
  (value['side'] === undefined || isSide(value['side']));

const isSide = (value: Json): boolean =>
  isObject(value) &&
  typeof value['file'] === 'string' &&
  typeof value['bytes'] === 'number' &&
  typeof value['digest'] === 'string' &&
  Array.isArray(value['at']) &&
  value['at'].every((pointer: Json) => typeof pointer === 'string');
