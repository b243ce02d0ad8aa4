import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Actor, Event } from '../engine/events.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import type { Redactor } from '../config/redaction.ts';

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

/** The next record after `head`, as its line with the line break. `side` is where the event's large parts went; they are null in `event`. */
export const nextLine = (
  head: Head,
  session: string,
  envelope: Envelope,
  event: JsonObject,
  side?: Side,
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

/** What a record's hash has to be. */
export const hashOf = (record: Omit<AuditRecord, 'hash'> & { readonly hash?: string }): string =>
  sha256(canonical({ ...record, hash: undefined }));

/**
 * The event as it may be written: without secrets, and only what canonical JSON can hold. The words of the engine's own
 * vocabulary stay, even where a secret happens to be one of them: without them the record could not be read back.
 */
export const recordable = (event: Event, redactor: Pick<Redactor, 'redactJson'>): JsonObject => {
  const clean = plain(redactor.redactJson(event)) as Record<string, Json>;
  for (const word of vocabulary) {
    const value = (event as unknown as JsonObject)[word];
    if (value !== undefined) clean[word] = value;
  }
  keepWord(clean['finding'], 'finding' in event ? event.finding?.verdict : undefined, 'verdict');
  keepWord(clean['outcome'], 'outcome' in event ? event.outcome.status : undefined, 'status');
  return clean;
};

const vocabulary = ['type', 'at', 'monotonicMs', 'kind', 'tier', 'decision', 'result', 'mode', 'fingerprint', 'ms'];

const keepWord = (part: Json | undefined, word: string | undefined, key: string): void => {
  if (part && word !== undefined) (part as Record<string, Json>)[key] = word;
};

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
