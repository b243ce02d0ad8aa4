import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Actor, Event } from '../../engine/session/events.ts';
import type { Json, JsonObject } from '../../engine/json.ts';

/** What is the same on all records of a session that one operator's process writes. */
export interface Envelope {
  readonly service: string;
  readonly environment: string;
  readonly actor: Actor;
}

/** Parts of an event that were too large for its line. */
export interface Side {
  /** The file's name, beside the log. */
  readonly file: string;
  readonly bytes: number;
  /** SHA-256 of the file, in hex. */
  readonly digest: string;
  /** JSON pointers (RFC 6901) into the event: where the parts belong. */
  readonly at: readonly string[];
}

/** One line of the log. */
export interface AuditRecord {
  readonly v: 1;
  readonly session: string;
  /** 1, 2, 3, ... */
  readonly seq: number;
  /** The hash of the record before; 64 zeros in the first. */
  readonly prev: string;
  readonly at: string;
  readonly monotonicMs: number;
  /** The event's type, or `audit.cut`: a torn end was cut off. */
  readonly kind: string;
  readonly actor: Actor;
  readonly service: string;
  readonly environment: string;
  readonly step?: string;
  readonly tier?: string;
  readonly event: JsonObject;
  readonly side?: Side;
  /** In the first record: the hash of the session's entry in the register. */
  readonly register?: string;
  /** The log could not take it: it was written to the spill file first, as the record that follows the log's head. */
  readonly spilled?: true;
  /** SHA-256, in hex, of the canonical line (RFC 8785) without this field. */
  readonly hash: string;
}

/** The end of a chain: what the next record follows. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

export const noRecord: Head = { seq: 0, hash: '0'.repeat(64) };
/** With its line break. */
export const longestLine = 64 * 1024;

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** Canonical JSON (RFC 8785). */
export const canonical = (value: unknown): string => canonicalize(value) ?? 'null';

/** Deeper than anything that `rb` writes, and not so deep that it cannot be walked through. */
const mostLevels = 500;

/** Whether a value that was read can be walked through. */
export const isShallow = (value: Json | undefined, levels = mostLevels): boolean => {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner: Json | undefined) => isShallow(inner, levels - 1));
};

/** The next record after `head`, as its line with the line break. `side` is where the event's large parts went; they are null in `event`. */
export const nextLine = (
  head: Head,
  session: string,
  envelope: Envelope,
  event: JsonObject,
  { side, register, spilled }: Pick<AuditRecord, 'side' | 'register' | 'spilled'> = {},
): { readonly line: Buffer; readonly hash: string } =>
  sealed({
    v: 1,
    session,
    seq: head.seq + 1,
    prev: head.hash,
    at: textAt(event, 'at'),
    monotonicMs: Number(event['monotonicMs']),
    kind: textAt(event, 'type'),
    actor: envelope.actor,
    service: envelope.service,
    environment: envelope.environment,
    ...(typeof event['step'] === 'string' && { step: event['step'] }),
    ...(typeof event['tier'] === 'string' && { tier: event['tier'] }),
    event,
    ...(side && { side }),
    ...(register !== undefined && { register }),
    ...(spilled && { spilled }),
  });

/** What is hashed and what is written are the same text but for one field, so the text is made once: canonical JSON has its keys in order. */
const sealed = (record: Omit<AuditRecord, 'hash'>) => {
  const fields = Object.entries(record);
  const part = (wanted: typeof fields): string => canonical(Object.fromEntries(wanted)).slice(1, -1);
  const before = part(fields.filter(([key]) => key < 'hash'));
  const after = part(fields.filter(([key]) => key > 'hash'));
  const hash = sha256(`{${before},${after}}`);
  return { line: Buffer.from(`{${before},"hash":"${hash}",${after}}\n`), hash };
};

/** The text under a key; empty where there is none. */
export const textAt = (event: JsonObject, key: string): string => {
  const value = event[key];
  return typeof value === 'string' ? value : '';
};

/** Whether a line is as `rb` wrote it: canonical, and its hash that of the line without it. */
export const isSealed = (record: { readonly hash: string }, line: string): boolean => {
  const hash = `"hash":"${record.hash}",`;
  // What comes after it holds no other.
  const at = line.lastIndexOf(hash);
  try {
    return (
      at >= 0 && canonical(record) === line && sha256(line.slice(0, at) + line.slice(at + hash.length)) === record.hash
    );
  } catch {
    return false; // canonical JSON refuses what rb never writes
  }
};

/** The event as it may be written: only what canonical JSON can hold. The emitter has redacted it. */
export const recordable = (event: Event): JsonObject =>
  Object.fromEntries(
    Object.entries(event).flatMap(([key, value]: [string, Json | undefined]) =>
      value === undefined ? [] : [[key.toWellFormed(), plain(value)]],
    ),
  );

/** JSON without what RFC 8785 refuses: lone surrogates become U+FFFD, numbers that are none become null. */
const plain = (value: unknown): Json => {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'boolean') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, inner]) => inner !== undefined)
        .map(([key, inner]) => [key.toWellFormed(), plain(inner)]),
    );
  return null;
};
