import { RunbookError } from '../../../engine/errors.ts';
import type { Instance } from '../port.ts';

/** An instance as the `instances` command lists it. */
export interface Listed {
  readonly id: string;
  readonly state: Instance['state'];
  readonly version?: string;
  readonly startedAt?: string;
  /** Everything that was said about it in words and numbers, for the health URL. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Reads what the `instances` command printed. Errors: `usage` where it cannot be read, `refused` for names that are not safe to pass on. */
export const parseInstances = (output: string): readonly Listed[] => {
  const listed = entries(output.trim()).map(toListed);
  const seen = new Set<string>();
  for (const { id } of listed) {
    if (seen.has(id)) throw new RunbookError('usage', `the instances command names ${id} twice`);
    seen.add(id);
  }
  return listed.toSorted((a, b) => byNumber(a.id, b.id));
};

// Made when two names are compared: it takes 6 ms.
let collator: Intl.Collator | undefined;

/** app-2 before app-10. */
export const byNumber = (one: string, other: string): number =>
  (collator ??= new Intl.Collator('en', { numeric: true })).compare(one, other);

const entries = (text: string): readonly unknown[] => {
  if (text === '') return [];
  if (text.startsWith('[')) {
    const list = json(text);
    if (Array.isArray(list)) return list;
  }
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.map((line) => (line.trimStart().startsWith('{') ? json(line) : line.trim()));
};

const json = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RunbookError('usage', `the instances command printed JSON that cannot be read: ${start(text)}`, {
      next: ['let it print one name a line, a JSON array, or one JSON object a line'],
      cause,
    });
  }
};

const toListed = (entry: unknown): Listed => {
  if (typeof entry === 'string') return { id: safeId(entry), state: 'unknown', fields: { id: entry, instance: entry } };
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry))
    throw new RunbookError(
      'usage',
      `the instances command printed ${start(JSON.stringify(entry))}: neither a name nor an object`,
    );
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(entry))
    if (typeof value === 'string' || typeof value === 'number') fields[name] = String(value);
  const id = safeId(fields['id'] ?? fields['name']);
  const startedAt = startTime(fields['startedAt']);
  const { version } = fields;
  return {
    id,
    state: stateOf(fields['state']),
    ...(version === undefined || version === '' ? {} : { version }),
    ...(startedAt === undefined ? {} : { startedAt }),
    fields: { ...fields, id, instance: id },
  };
};

// A name becomes an argument of other commands, part of a URL and part of a file's name.
const safe = /^[\p{L}\p{N}_][\p{L}\p{N}_.:@/+-]{0,252}$/u;

const safeId = (id: string | undefined): string => {
  if (id === undefined || id === '')
    throw new RunbookError('usage', 'the instances command printed an instance without an id', {
      next: ['give each object an "id"'],
    });
  if (!safe.test(id))
    throw new RunbookError(
      'refused',
      `the instances command printed ${start(JSON.stringify(id))}: a name begins with a letter or digit and goes on with letters, digits and . _ : @ / + -`,
      { next: ['let it print one name a line and nothing else, or JSON'] },
    );
  return id;
};

const words: Record<Exclude<Instance['state'], 'unknown'>, readonly string[]> = {
  running: ['running', 'up', 'active', 'online', 'started', 'healthy', 'unhealthy', 'ready'],
  starting: ['starting', 'activating', 'pending', 'created', 'restarting', 'launching', 'booting', 'provisioning'],
  stopping: ['stopping', 'draining', 'deactivating', 'terminating', 'removing'],
  stopped: ['stopped', 'exited', 'dead', 'failed', 'inactive', 'crashed', 'errored', 'offline', 'down'],
};

const stateOf = (word: string | undefined): Instance['state'] => {
  const lower = word?.toLowerCase() ?? '';
  for (const state of ['running', 'starting', 'stopping', 'stopped'] as const)
    if (words[state].includes(lower)) return state;
  return 'unknown';
};

/** ISO 8601 as it was given, or seconds or milliseconds since 1970; undefined where it is no time. */
export const startTime = (value: string | number | undefined): string | undefined => {
  if (value === undefined || value === '' || value === 0 || value === '0') return undefined;
  const number = Number(value);
  if (Number.isFinite(number)) {
    const date = new Date(number > 1e11 ? number : number * 1000);
    return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
  }
  const text = String(value);
  if (Number.isNaN(Date.parse(text))) return undefined;
  return /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : new Date(text).toISOString();
};

const start = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}...` : text);
