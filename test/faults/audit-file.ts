import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** An event, as it stands in the log and as `-o ndjson` prints it. */
export interface Seen {
  readonly type: string;
  readonly step?: string;
  readonly at: string;
  readonly monotonicMs: number;
  readonly [field: string]: unknown;
}

/** What safety.md calls durable: once it was told to anybody it must be in the log. */
const durable: ReadonlySet<string> = new Set([
  'session.opened',
  'session.resumed',
  'session.closed',
  'confirmation',
  'step.intent',
  'step.result',
]);

export interface AuditFile {
  readonly path: string;
  readonly session: string;
  /** The records up to the last complete line, oldest first. */
  readonly events: readonly Seen[];
  /** Bytes of a last line that was not finished. */
  readonly tornBytes: number;
}

/** The audit files below a state directory. */
export const auditFiles = (state: string): readonly string[] => {
  const directory = join(state, 'rb', 'audit');
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => join(directory, name));
};

/**
 * Reads a log by the description in safety.md alone, with nothing of the program that wrote it: canonical JSON lines, each
 * sealed with the SHA-256 of itself without its hash, each naming the hash of the one before. Throws where a complete line is anything else.
 */
export const readAuditFile = (path: string): AuditFile => {
  const text = readFileSync(path, 'utf8');
  const lines = text.split('\n');
  const torn = lines.pop() ?? '';
  const session = basename(path, '.jsonl');
  let previous = '0'.repeat(64);
  const events = lines.map((line, index) => {
    const wrong = (what: string) => new Error(`${basename(path)}, line ${index + 1}: ${what}: ${line.slice(0, 300)}`);
    let record: Record<string, unknown>;
    try {
      record = JSON.parse(line) as Record<string, unknown>;
    } catch {
      throw wrong('not JSON');
    }
    // Keys come back in the order of the line, so this is the line itself, and without the hash what was sealed.
    if (JSON.stringify(record) !== line) throw wrong('not canonical');
    const { hash, ...sealed } = record;
    if (createHash('sha256').update(JSON.stringify(sealed)).digest('hex') !== hash)
      throw wrong('the hash is not its own');
    if (record['prev'] !== previous) throw wrong('it does not follow the line before');
    if (record['seq'] !== index + 1) throw wrong('the number is not the next one');
    if (record['session'] !== session) throw wrong('another session');
    previous = hash;
    return record['event'] as Seen;
  });
  return { path, session, events, tornBytes: Buffer.byteLength(torn) };
};

/**
 * Those durable events that were told, and are not in the log as they were told. The log is begun before the first question: what was only
 * seen until then is lost with the process.
 */
export const lost = (told: readonly Seen[], file: AuditFile | undefined): readonly Seen[] => {
  if (!told.some(({ type }) => type === 'confirmation' || type === 'step.intent')) return [];
  const recorded = new Set(file?.events.map(identity));
  return told.filter((event) => durable.has(event.type) && !recorded.has(identity(event)));
};

const identity = ({ type, step, at, monotonicMs, fingerprint, result, decision }: Seen): string =>
  JSON.stringify([type, step, at, monotonicMs, fingerprint, result, decision]);

/** The steps whose last intent has no result: the kill fell into them. */
export const unsettled = (events: readonly Seen[]): readonly string[] => {
  const open = new Set<string>();
  for (const { type, step = '' } of events) {
    if (type === 'step.intent') open.add(step);
    if (type === 'step.result') open.delete(step);
  }
  return [...open];
};
