import { timeIn, timeOf } from './time.ts';

/** Names of the fields in structured lines. */
export interface LogFields {
  readonly time?: string | undefined;
  readonly level?: string | undefined;
  readonly message?: string | undefined;
}

export interface LogLine {
  /** Milliseconds since 1970. */
  readonly at?: number;
  readonly level: string;
  readonly message: string;
  readonly isError: boolean;
}

const usual = {
  time: ['time', 'timestamp', '@timestamp', 'ts', 'date'],
  level: ['level', 'severity', 'lvl', 'log.level', 'levelname'],
  message: ['msg', 'message', 'error', 'err'],
};
const errorLevels = new Set([
  'error',
  'err',
  'eror',
  'fatal',
  'critical',
  'crit',
  'panic',
  'alert',
  'emerg',
  'emergency',
  'severe',
]);
const errorWord = /\b(ERROR|FATAL|CRITICAL|PANIC|ALERT|EMERG|EMERGENCY|SEVERE)\b|\[(error|fatal|crit|alert|emerg)\]/;
/** From where a word begins: a word without `=` is read once and not once for each of its letters. */
const pair = /(?<![\w.@-])[\d.-]*([A-Za-z_@][\w.@-]*)=("(?:[^"\\]|\\.)*"|[^\s"]*)/g;
const messageLimit = 2000;

/** Reads one line: a JSON object, logfmt, or plain text with a time and a word such as ERROR. */
export const readLine = (line: string, fields: LogFields, now: Date): LogLine => {
  const record = jsonRecord(line) ?? logfmtRecord(line, fields);
  if (!record) return plain(line, now);
  const level = levelName(pick(record, fields.level, usual.level));
  const at = timeOf(pick(record, fields.time, usual.time)) ?? timeIn(line, now);
  return {
    ...(at === undefined ? {} : { at }),
    level,
    message: messageOf(pick(record, fields.message, usual.message), line),
    isError: errorLevels.has(level),
  };
};

const jsonRecord = (line: string): Record<string, unknown> | undefined => {
  if (!line.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    // Cut off: read as plain text.
    return undefined;
  }
};

const logfmtRecord = (line: string, fields: LogFields): Record<string, unknown> | undefined => {
  if (!line.includes('=')) return undefined;
  const record: Record<string, unknown> = {};
  for (const [, name, value] of line.matchAll(pair))
    if (name !== undefined && value !== undefined) record[name] = unquoted(value);
  // A plain line may have a pair in it too; only one with a level is logfmt.
  return pick(record, fields.level, usual.level) === undefined ? undefined : record;
};

const unquoted = (value: string): string =>
  value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c)) : value;

const plain = (line: string, now: Date): LogLine => {
  const at = timeIn(line, now);
  const word = errorWord.exec(line) ?? /"(?:level|severity)"\s*:\s*"(error|fatal|critical)"/i.exec(line);
  return {
    ...(at === undefined ? {} : { at }),
    level: (word?.[1] ?? word?.[2] ?? '').toLowerCase(),
    message: line.slice(0, messageLimit),
    isError: word !== null,
  };
};

/** A field by the configured name, else by the usual ones: the name as it is, or a path. */
const pick = (record: Record<string, unknown>, name: string | undefined, others: readonly string[]): unknown => {
  for (const each of name === undefined ? others : [name]) {
    if (Object.hasOwn(record, each)) return record[each];
    const found = each.split('.').reduce<unknown>(partOf, record);
    if (found !== undefined) return found;
  }
  return undefined;
};

const partOf = (outer: unknown, name: string): unknown =>
  isRecord(outer) && Object.hasOwn(outer, name) ? outer[name] : undefined;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Some libraries write levels as numbers: 50 error, 60 fatal. */
const levelName = (level: unknown): string => {
  if (typeof level === 'number') return level >= 60 ? 'fatal' : level >= 50 ? 'error' : level >= 40 ? 'warn' : 'info';
  return typeof level === 'string' ? level.toLowerCase() : '';
};

const messageOf = (value: unknown, line: string): string => {
  const inner = typeof value === 'object' && value !== null && 'message' in value ? value.message : value;
  return (typeof inner === 'string' && inner !== '' ? inner : line).slice(0, messageLimit);
};
