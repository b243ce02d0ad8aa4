import fs from 'node:fs';
import { join } from 'node:path';
import { canonical } from '../../src/audit/record/record.ts';
import { sessions } from './a-full-directory.ts';
import { bytesIn, chained, type Forged, linesIn, put, recordsIn, sealed, writeLines } from './forgery.ts';

/** A repeatable choice of 0 to below `n`. */
export type Choose = (n: number) => number;

/** What was done to a directory, and what has to be found of it. */
export interface Mutated {
  readonly what: string;
  /** The session whose file it is about; absent for what is about the directory. */
  readonly session?: string;
  /** `missed`: only an anchor could tell. `harmless`: nothing that was recorded has changed. `open`: not said beforehand. */
  readonly is: 'damage' | 'missed' | 'harmless' | 'open';
}

export interface Place {
  readonly directory: string;
  readonly choose: Choose;
  /** A pipe and a socket, to be put in the place of a file. */
  readonly specials: readonly string[];
}

type Mutation = (place: Place) => Mutated | undefined;

const one = <Value>(choose: Choose, from: readonly Value[]): Value => from[choose(from.length)] as Value;
const logOf = ({ directory }: Place, session: string): string => join(directory, `${session}.jsonl`);
const anySession = ({ choose }: Place): string => one(choose, Object.values(sessions));

/**
 * What a log that was changed byte by byte is, seen without the program: where its complete lines are the first ones of those that there
 * were, and the rest could be the beginning of a record, its end was cut off.
 */
const ofBytes = (place: Place, session: string, what: string, change: (bytes: Buffer) => Buffer): Mutated => {
  const path = logOf(place, session);
  const before = bytesIn(path);
  const after = change(before);
  put(path, after);
  const [lines, known] = [after, before].map((bytes) => bytes.toString('latin1').split('\n'));
  const rest = lines?.pop() ?? '';
  const isPrefix = lines?.every((line, index) => line === known?.[index]) ?? false;
  const canBeTorn =
    /^[^\0-\x1f]{0,65535}$/.test(rest) && (rest === '' || rest.startsWith('{"actor":{"'.slice(0, rest.length)));
  const is = after.equals(before) ? 'harmless' : isPrefix && canBeTorn ? 'missed' : 'damage';
  return { what, session, is };
};

const changeBytes =
  (what: string, change: (bytes: Buffer, choose: Choose) => Buffer): Mutation =>
  (place) => {
    const session = anySession(place);
    return ofBytes(place, session, what, (bytes) => change(bytes, place.choose));
  };

const changeLines =
  (what: string, change: (lines: string[], choose: Choose) => readonly string[]): Mutation =>
  (place) => {
    const session = anySession(place);
    return ofBytes(place, session, what, (bytes) => {
      const [rest = '', ...lines] = bytes.toString('utf8').split('\n').toReversed();
      return Buffer.from([...change(lines.toReversed(), place.choose), rest].join('\n'));
    });
  };

const insertAt = (bytes: Buffer, at: number, inserted: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);

const ofRecords: readonly Mutation[] = [
  changeBytes('a flipped bit', (bytes, choose) => {
    const at = choose(bytes.length);
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << choose(8));
    return flipped;
  }),
  changeBytes('cut anywhere', (bytes, choose) => bytes.subarray(0, choose(bytes.length))),
  changeBytes('a removed piece', (bytes, choose) => {
    const from = choose(bytes.length);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + choose(500))]);
  }),
  changeBytes('NULs at the end', (bytes, choose) => Buffer.concat([bytes, Buffer.alloc(1 + choose(5000))])),
  changeBytes('NULs over the end', (bytes, choose) => Buffer.from(bytes).fill(0, bytes.length - 1 - choose(300))),
  changeBytes('a piece of garbage', (bytes, choose) =>
    insertAt(
      bytes,
      choose(bytes.length + 1),
      Buffer.from(one(choose, ['x', '\n', '{}\n', '\r', '\xff\xfe', '\0', '[]\n', 'null\n']), 'latin1'),
    ),
  ),
  changeBytes('a huge line', (bytes, choose) => {
    const huge = Buffer.from(`{"actor":{"${'x'.repeat(70_000 + choose(3_000_000))}${one(choose, ['', '\n'])}`);
    return insertAt(bytes, one(choose, [0, bytes.indexOf('\n') + 1, bytes.length]), huge);
  }),
  changeBytes('nested without end', (bytes, choose) =>
    insertAt(bytes, bytes.indexOf('\n') + 1, Buffer.from(`${one(choose, ['[', '{"a":']).repeat(10_000)}\n`)),
  ),
  changeLines('a removed line', (lines, choose) => lines.toSpliced(choose(lines.length), 1)),
  changeLines('removed last lines', (lines, choose) => lines.slice(0, choose(lines.length))),
  changeLines('swapped lines', (lines, choose) => {
    const [a, b] = [choose(lines.length), choose(lines.length)];
    return lines.with(a, lines[b] ?? '').with(b, lines[a] ?? '');
  }),
  changeLines('a line twice', (lines, choose) => lines.toSpliced(choose(lines.length + 1), 0, one(choose, lines))),
  changeLines('lines of another log', (lines, choose) => [...lines, ...lines.slice(choose(lines.length))]),
  changeLines('spaces in a line', (lines, choose) => {
    const at = choose(lines.length);
    return lines.with(at, (lines[at] ?? '').replace(':', ': '));
  }),
];

const forge =
  (
    what: string,
    is: Mutated['is'],
    change: (records: Forged[], choose: Choose, session: string) => readonly Forged[] | undefined,
  ): Mutation =>
  (place) => {
    const session = one(place.choose, [sessions.done, sessions.failed, sessions.resumed, sessions.old]);
    const path = logOf(place, session);
    const before = recordsIn(path);
    const after = change(structuredClone(before), place.choose, session);
    if (!after) return undefined;
    writeLines(path, chained(after));
    return { what: `${what}, every hash made to fit`, session, is };
  };

const eventOf = (record: Forged | undefined): Forged => (record?.['event'] ?? {}) as Forged;
const without = (type: string) => (records: readonly Forged[]) => {
  const at = records.findIndex(({ kind }) => kind === type);
  return at < 0 ? undefined : records.toSpliced(at, 1);
};
const edited = (record: Forged, more: Forged): Forged => ({
  ...record,
  ...more,
  event: { ...eventOf(record), ...more },
});

/** Replaces one value anywhere in an event. */
const confuse = (value: unknown, choose: Choose): unknown => {
  const strange = [null, '', 0, -1, 1e300, true, [], {}, 'x', [null], { text: 1 }, [[[]]], '__proto__', '2030-13-45'];
  if (typeof value !== 'object' || value === null || choose(4) === 0) return one(choose, strange);
  const keys = Object.keys(value);
  if (keys.length === 0) return one(choose, strange);
  const key = one(choose, keys);
  const inner = (value as Forged)[key];
  if (choose(6) === 0 && !Array.isArray(value)) {
    const { [key]: _, ...rest } = value as Forged;
    return rest;
  }
  if (Array.isArray(value)) return value.with(Number(key), confuse(inner, choose));
  return { ...value, [key]: confuse(inner, choose) };
};

const ofForgers: readonly Mutation[] = [
  (place) => {
    const session = anySession(place);
    const path = logOf(place, session);
    const lines = linesIn(path);
    const at = place.choose(lines.length);
    const record = JSON.parse(lines[at] ?? '') as Forged;
    return ofBytes(place, session, 'an edited record whose own hash fits', (bytes) => {
      const line = sealed({ ...record, actor: { uid: 0, login: 'eve', host: 'ops-1' } });
      const rest = bytes.subarray(bytes.lastIndexOf('\n') + 1).toString('utf8');
      return Buffer.from([...lines.with(at, line), rest].join('\n'));
    }).is === 'damage' && at < lines.length - 1
      ? { what: 'an edited record whose own hash fits', session, is: 'damage' }
      : { what: 'an edited last record', session, is: 'missed' };
  },
  forge('another reason', 'missed', ([first, ...rest]) =>
    first ? [{ ...first, event: { ...eventOf(first), reason: 'none' } }, ...rest] : undefined,
  ),
  forge('an invented end', 'missed', (records, choose) => {
    const last = records.at(-1);
    return last ? [...records.slice(0, 1 + choose(8)), last] : undefined;
  }),
  forge('a step that never began', 'damage', without('step.started')),
  forge('a change that was not confirmed', 'damage', without('confirmation')),
  forge('a session without its opening', 'damage', without('session.opened')),
  forge('two ends', 'damage', (records) => [...records, ...records.slice(-1)]),
  forge('two openings', 'damage', (records) =>
    records.flatMap((record, index) => (index < 1 ? [record, record] : [record])),
  ),
  forge('another kind', 'damage', (records, choose) => {
    const at = choose(records.length);
    return records.with(at, {
      ...records[at],
      kind: one(choose, ['sample', 'approval.given', 'session.closed.', 'audit.note']),
    });
  }),
  forge('another time than the event', 'damage', (records, choose) => {
    const at = choose(records.length);
    return records.with(at, { ...records[at], at: '2026-11-22T03:15:59.000Z' });
  }),
  forge('a time that is none', 'damage', (records, choose) => {
    const at = choose(records.length);
    const time = one(choose, ['', 'soon', '2026-13-22T03:15:59.000Z', '2026-11-22', '2026-11-22T03:15:59+01:00']);
    return records.with(at, edited(records[at] ?? {}, { at: time }));
  }),
  forge('a year to come', 'missed', (records, choose) => {
    const at = choose(records.length);
    return records.with(
      at,
      edited(records[at] ?? {}, { at: one(choose, ['2030-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z']) }),
    );
  }),
  forge('an event without a field', 'damage', (records) => {
    const at = records.findIndex(({ kind }) => kind === 'step.result');
    const { ms: _, ...event } = eventOf(records[at]);
    return records.with(at, { ...records[at], event });
  }),
  forge('the name of another session', 'damage', (records, _, session) => {
    const [first, ...rest] = records;
    return [{ ...first, event: { ...eventOf(first), session: `${session}x` } }, ...rest];
  }),
];

/** What becomes of these is not said beforehand, only that nothing crashes and all agree. */
const confusion: Mutation = (place) => {
  const session = one(place.choose, [sessions.done, sessions.failed, sessions.resumed, sessions.withSideFile]);
  const path = logOf(place, session);
  const records = recordsIn(path);
  const at = place.choose(records.length);
  const record = records[at] ?? {};
  const changed = confuse(place.choose(4) === 0 ? record : record['event'], place.choose);
  const confused =
    changed !== null && typeof changed === 'object' && 'seq' in changed ? changed : { ...record, event: changed };
  const { at: time, monotonicMs, type: kind, step, tier } = eventOf(confused) ?? {};
  const all = { ...(confused as Forged), ...(time === undefined ? {} : { at: time }), monotonicMs, kind };
  const envelope = {
    ...all,
    ...(typeof step === 'string' ? { step } : {}),
    ...(typeof tier === 'string' ? { tier } : {}),
  };
  try {
    writeLines(path, chained(records.with(at, JSON.parse(canonical(envelope)) as Forged)));
  } catch {
    return undefined;
  }
  return { what: `a confused event: ${canonical(changed).slice(0, 200)}`, session, is: 'open' };
};

/** Something else in a file's place. */
const replaced = ({ choose, specials }: Place, path: string): string => {
  const bytes = bytesIn(path);
  fs.rmSync(path);
  const [pipe = '', socket = ''] = specials;
  const ways: Record<string, () => void> = {
    removed: () => undefined,
    'a pipe': () => fs.linkSync(pipe, path),
    'a socket': () => fs.linkSync(socket, path),
    'a directory': () => fs.mkdirSync(path),
    'a link to nothing': () => fs.symlinkSync('/nowhere', path),
    'a link to itself': () => fs.symlinkSync(path, path),
    'a link to a device': () => fs.symlinkSync('/dev/zero', path),
    'a link to what it was': () => {
      put(`${path}.moved`, bytes);
      fs.symlinkSync(`${path}.moved`, path);
    },
    'larger than can be read': () => {
      put(path, bytes);
      fs.truncateSync(path, 300 * 1024 * 1024);
    },
  };
  const way = one(choose, Object.keys(ways));
  ways[way]?.();
  return way;
};

const ofFiles: readonly Mutation[] = [
  (place) => {
    const session = anySession(place);
    return {
      what: `a log: ${replaced(place, logOf(place, session))}`,
      session,
      is: session === sessions.old && !isThere(place, session) ? 'missed' : 'damage',
    };
  },
  (place) => {
    const session = anySession(place);
    const name = `20261123-000000-000-${one(place.choose, ['zzzz', 'yyyy'])}`;
    put(logOf(place, name), bytesIn(logOf(place, session)));
    return { what: 'a copy under another name', session: name, is: 'damage' };
  },
  (place) => {
    const [a, b] = [anySession(place), anySession(place)];
    if (a === b) return undefined;
    const [first, second] = [a, b].map((session) => bytesIn(logOf(place, session)));
    put(logOf(place, a), second ?? '');
    put(logOf(place, b), first ?? '');
    return { what: 'two logs in each other’s place', session: a, is: 'damage' };
  },
  (place) => {
    const file = `${sessions.withSideFile}.${one(place.choose, [2, 3])}.json`;
    return { what: `a side file: ${beside(place, file)}`, session: sessions.withSideFile, is: 'damage' };
  },
  (place) => ({
    what: `what was cut off: ${beside(place, `${sessions.resumed}.torn-1`)}`,
    session: sessions.resumed,
    is: 'damage',
  }),
  (place) => {
    const path = join(place.directory, `${sessions.spilled}.spill`);
    return { what: `a spill file: ${replaced(place, path)}`, is: 'harmless' };
  },
  (place) => {
    const session = anySession(place);
    const path = join(place.directory, `${session}.spill`);
    const result = { type: 'step.result', at: '2026-11-22T03:15:30.000Z', monotonicMs: 5, result: 'ok', ms: 1 };
    const content = one(place.choose, [
      'garbage',
      '\0\0\0',
      '{"pid":1,"host":"elsewhere","since":"x"}',
      '{"type":"session.closed"}\n',
      `${JSON.stringify({ ...result, step: 'nowhere' })}\n`,
      `${JSON.stringify({ ...result, step: 'restart', at: 'soon' })}\n`,
      '{"type":"step.result","step":{}}\n',
      `${'[['.repeat(20_000)}\n`,
      `{"type":"step.result","step":${'['.repeat(20_000)}${']'.repeat(20_000)}}\n`,
    ]);
    put(path, content);
    return { what: `a spill file: ${content.slice(0, 60)}`, is: 'harmless' };
  },
  (place) => {
    const name = one(place.choose, [
      `${sessions.done}.2.json`,
      `${sessions.cutOff}.torn-1`,
      'reserve',
      'notes.jsonl.txt',
      '.jsonl',
      'a b.jsonl',
      `${sessions.cutOff}.spill-1`,
    ]);
    const path = join(place.directory, name);
    if (fs.lstatSync(path, { throwIfNoEntry: false })) return undefined;
    put(path, 'garbage');
    return {
      what: `something beside: ${name} is ${place.choose(2) === 0 ? replaced(place, path) : 'a file'}`,
      is: 'harmless',
    };
  },
];

const isThere = (place: Place, session: string): boolean =>
  fs.lstatSync(logOf(place, session), { throwIfNoEntry: false }) !== undefined;

/** A file that a record has the digest of. */
const beside = (place: Place, name: string): string => {
  const path = join(place.directory, name);
  if (place.choose(2) === 0) return replaced(place, path) === 'a link to what it was' ? 'a link' : 'replaced';
  const bytes = bytesIn(path);
  const at = place.choose(bytes.length);
  put(path, one(place.choose, [bytes.subarray(0, at), insertAt(bytes, at, Buffer.from('x'))]));
  return 'changed';
};

const registerOf = ({ directory }: Place): string => join(directory, 'register');

const entryLike = '"at":"x","hash":"x","prev":"x","session":"20261122-031500-000-zzzz","v":1';
const strangeEntries = [
  'x',
  '{}',
  '\0',
  '{"v":2}',
  '[]',
  `{${entryLike}}`,
  `{${entryLike},"x":"\\ud800"}`,
  `{${entryLike},"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
];

const changeRegister =
  (what: string, change: (lines: string[], choose: Choose) => readonly string[]): Mutation =>
  (place) => {
    const path = registerOf(place);
    const before = linesIn(path);
    const after = change(before, place.choose);
    writeLines(path, after);
    return { what: `the register: ${what}`, is: after.join('\n') === before.join('\n') ? 'harmless' : 'damage' };
  };

const ofRegisters: readonly Mutation[] = [
  (place) => {
    const path = registerOf(place);
    const bytes = bytesIn(path);
    const at = place.choose(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << place.choose(8));
    put(path, bytes);
    return { what: 'the register: a flipped bit', is: 'damage' };
  },
  (place) => {
    const bytes = bytesIn(registerOf(place));
    fs.truncateSync(registerOf(place), place.choose(bytes.length));
    return { what: 'the register: cut', is: 'damage' };
  },
  (place) => ({ what: `the register: ${replaced(place, registerOf(place))}`, is: 'damage' }),
  changeRegister('a removed line', (lines, choose) => lines.toSpliced(choose(lines.length), 1)),
  changeRegister('swapped lines', (lines, choose) => {
    const at = choose(lines.length - 1);
    return lines.toSpliced(at, 2, lines[at + 1] ?? '', lines[at] ?? '');
  }),
  changeRegister('a line twice', (lines, choose) => lines.toSpliced(choose(lines.length + 1), 0, one(choose, lines))),
  changeRegister('garbage', (lines, choose) => [...lines, one(choose, strangeEntries)]),
  (place) => {
    // The predicted miss: the newest entry and its log.
    const path = registerOf(place);
    const lines = linesIn(path);
    const last = JSON.parse(lines.at(-1) ?? '{}') as Forged;
    writeLines(path, lines.slice(0, -1));
    fs.rmSync(logOf(place, String(last['session'])));
    return { what: 'the newest log with its entry removed', is: 'missed' };
  },
];

const levels = [ofRecords, ofRecords, ofForgers, ofFiles, ofRegisters] as const;

/** One mutation of any level; undefined where it had nothing to change. */
export const mutate = (place: Place): Mutated | undefined =>
  place.choose(8) === 0 ? confusion(place) : one(place.choose, one(place.choose, levels))(place);
