import { dirname, join } from 'node:path';
import { messageOf } from '../../engine/errors.ts';
import { isObject } from '../../engine/json.ts';
import type { Json, JsonObject } from '../../engine/json.ts';
import { type FileOperations, writeNewFile } from './file-operations.ts';
import { isTaken, readPlainFile } from '../plain-file.ts';
import { type AuditRecord, canonical, isShallow, sha256, type Side } from './record.ts';

/**
 * Writes the large parts of a record, durably, to `<session>.<seq>.json` (`<seq>-2` where a process that was killed
 * left one without its record). Returns what the record says about it.
 */
export const writeSide = (
  files: FileOperations,
  directory: string,
  session: string,
  seq: number,
  parts: Readonly<Record<string, Json>>,
): Side => {
  const bytes = Buffer.from(canonical(parts));
  for (let n = 1; ; n += 1) {
    const file = `${session}.${seq}${n === 1 ? '' : `-${n}`}.json`;
    if (isTaken(join(directory, file))) continue;
    writeNewFile(files, directory, join(directory, file), bytes);
    return { file, bytes: bytes.length, digest: sha256(bytes), at: Object.keys(parts) };
  }
};

/**
 * Takes the largest parts out of an event until its canonical JSON has at most `most` bytes.
 * Returns the event with nulls in their places, and the parts by JSON pointer.
 */
export const unburden = (
  event: JsonObject,
  most: number,
): { readonly event: JsonObject; readonly parts: Readonly<Record<string, Json>> } => {
  const parts: Record<string, Json> = {};
  if (bytesOf(event) <= most) return { event, parts };
  const light: Writable = structuredClone(event);
  while (bytesOf(light) > most) {
    const heavy = heaviest(light);
    if (!heavy) break;
    parts[heavy.pointer] = heavy.value;
    setAt(light, heavy.pointer, null);
  }
  return { event: light, parts };
};

/**
 * The event of a record, its large parts put back.
 * Returns a `problem` (and the event as far as the line has it) where they are missing or were changed.
 */
export const eventOf = (record: AuditRecord, logPath: string): { event: JsonObject; problem?: string } => {
  const { side } = record;
  if (!side) return { event: record.event };
  try {
    // The name is part of a record, and a record of a forged log could name any file.
    if (!side.file.startsWith(`${record.session}.`) || side.file.includes('/'))
      throw new Error('not a name that rb gives');
    const bytes = readPlainFile(join(dirname(logPath), side.file));
    if (bytes.length !== side.bytes || sha256(bytes) !== side.digest)
      return { event: record.event, problem: `its side file ${side.file} was changed` };
    const parts: Json = JSON.parse(bytes.toString('utf8'));
    if (!isObject(parts) || !isShallow(parts)) throw new Error('not what rb writes');
    const event: Writable = structuredClone(record.event);
    // The last one that was taken out may hold the place of one before it.
    for (const pointer of side.at.toReversed()) putBack(event, pointer, ownAt(parts, pointer) ?? null);
    return { event };
  } catch (cause) {
    return { event: record.event, problem: `its side file ${side.file} cannot be read (${messageOf(cause)})` };
  }
};

const bytesOf = (value: Json): number => Buffer.byteLength(canonical(value));

/** Goes down to where most of the weight is, through objects only: a table moves as a whole. */
const heaviest = (node: JsonObject, above = ''): { pointer: string; value: Json } | undefined => {
  const children = Object.entries(node)
    .map(([key, value = null]) => ({ pointer: `${above}/${escapedKey(key)}`, value, bytes: bytesOf(value) }))
    .toSorted((a, b) => b.bytes - a.bytes);
  const [largest] = children;
  if (!largest || largest.value === null) return undefined;
  const { value } = largest;
  if (!isObject(value) || 'rows' in value) return largest;
  const inner = heaviest(value, largest.pointer);
  // Many middling values move together.
  return inner && bytesOf(inner.value) > largest.bytes / 2 ? inner : largest;
};

const escapedKey = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

type Writable = Record<string, Json | undefined>;

const setAt = (root: Writable, pointer: string, value: Json): void => {
  const { holder, key } = placeOf(root, pointer);
  setOwn(holder, key, value);
};

const placeOf = (root: Writable, pointer: string): { readonly holder: JsonObject; readonly key: string } => {
  const keys = pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  let holder: JsonObject = root;
  for (const key of keys.slice(0, -1)) holder = childOf(holder, key);
  return { holder, key: keys.at(-1) ?? '' };
};

/** Not an assignment: a key may be called __proto__. */
const setOwn = (holder: JsonObject, key: string, value: Json): void =>
  void Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });

/** The pointer may be a forger's: what every object inherits is not a part of the event. */
const ownAt = (holder: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(holder, key) ? holder[key] : undefined;

/** A null stands in the place of each part. */
const putBack = (root: Writable, pointer: string, value: Json): void => {
  if (!pointer.startsWith('/')) throw new Error(`${pointer} is not a place`);
  const { holder, key } = placeOf(root, pointer);
  if (ownAt(holder, key) !== null) throw new Error(`there is no place for ${key}`);
  setOwn(holder, key, value);
};

const childOf = (holder: JsonObject, key: string): JsonObject => {
  const child = ownAt(holder, key);
  if (!isObject(child)) throw new Error(`there is no place for ${key}`);
  return child;
};
