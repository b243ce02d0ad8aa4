import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { canonical, nextLine, sha256 } from '../../src/audit/record/record.ts';
import type { JsonObject } from '../../src/engine/json.ts';
import { aFullDirectory, sessions } from '../audit/a-full-directory.ts';
import { options } from '../audit/a-directory.ts';
import { list, report, resume, show, verify, verifyAll } from '../audit/commands.ts';
import { type Forged, linesIn, put, recordsIn, sealed } from '../audit/forgery.ts';
import { chance } from './chance.ts';

/** What came of an attack: how many tries, and what did not hold, in words. */
export interface Figures {
  readonly tried: number;
  readonly broken: readonly string[];
  /** The slowest try. */
  readonly slowestMs: number;
}

type Choose = (n: number) => number;

const one = <Value>(choose: Choose, from: readonly Value[]): Value => {
  const chosen = from[choose(from.length)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
};

/** Those that end with a whole record: something can follow it. */
const whole = Object.values(sessions).filter((session) => session !== sessions.torn);

/** What a forger wants to see in a report. No log has it. */
const invented = 'invented';
const names = [
  invented,
  '__proto__',
  'constructor',
  'restart/app-1',
  `restart/${invented}`,
  'hasOwnProperty',
  '',
  '../x',
];
const types = [
  'step.result',
  'step.started',
  'step.intent',
  'session.closed',
  'session.opened',
  'finding',
  'audit.cut',
  'x',
];
const results = ['ok', 'failed', 'unknown', invented, 'constructor', '', 7, null, {}];
const times = ['2026-11-22T03:15:30.000Z', '2026-11-22T03:15:30Z', 'soon', '9999-99-99T00:00:00.000Z', '', 7];
const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** An event as a forger writes it: right in parts. */
const eventBy = (choose: Choose): Forged => ({
  type: one(choose, types),
  step: one(choose, names),
  title: `${invented} title`,
  at: one(choose, times),
  monotonicMs: one(choose, [1, -1, 1e308, null]),
  result: one(choose, results),
  ms: one(choose, [1, -1, 1e308, 'x', null]),
  ...(choose(2) === 0 && {
    finding: { verdict: one(choose, ['ok', 'constructor', 7]), summary: `${invented} finding` },
  }),
  ...(choose(3) === 0 && { outcome: { status: 'done', summary: `${invented} end`, undone: [], next: [] } }),
});

interface Place {
  readonly directory: string;
  readonly choose: Choose;
  readonly session: string;
}
/** Does something to a directory, and says what. */
type Way = (place: Place) => string;

const logOf = ({ directory, session }: Place): string => join(directory, `${session}.jsonl`);

/** Records that would follow the last one, each the one before it, whatever they say, with hashes that fit. */
const chain = (place: Place, events: readonly Forged[], more: Forged = {}): readonly string[] => {
  const [last] = recordsIn(logOf(place)).slice(-1);
  let head = { seq: Number(last?.['seq'] ?? 0), hash: textOf(last?.['hash']) };
  return events.map((event) => {
    const { envelope } = options(place.directory);
    const { line } = nextLine(head, place.session, envelope, JSON.parse(JSON.stringify(event)) as JsonObject);
    const forged = sealed({ ...(JSON.parse(line.toString()) as Forged), ...more });
    head = { seq: head.seq + 1, hash: textOf((JSON.parse(forged) as Forged)['hash']) };
    return forged;
  });
};
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const following = (place: Place, event: Forged, more?: Forged): string => chain(place, [event], more)[0] ?? '';

const spilled = (place: Place, line: string): void => {
  const name = one(place.choose, ['spill', 'spill', 'spill-1', 'spill-7']);
  const before = one(place.choose, ['\n', `${JSON.stringify({ pid: 1, host: 'x', since: 'x' })}\n`, line]);
  put(join(place.directory, `${place.session}.${name}`), `${before}${line}\n`);
};

const ofSpills: readonly Way[] = [
  (place) => {
    const lines = Array.from({ length: 1 + place.choose(5) }, () => JSON.stringify(eventBy(place.choose)));
    spilled(place, lines.join('\n'));
    return `spill lines as rb 0.1 wrote them: ${lines.join(' ').slice(0, 200)}`;
  },
  (place) => {
    // Only the result of an open change may follow, and none of these is one.
    const event = {
      ...eventBy(place.choose),
      step: one(
        place.choose,
        names.filter((name) => name !== 'restart/app-1'),
      ),
    };
    spilled(place, following(place, event, { spilled: one(place.choose, [true, true, 1, 'true', null]) }));
    return `a spill record that follows: ${canonical(event).slice(0, 200)}`;
  },
  (place) => {
    const event = { ...eventBy(place.choose), type: 'step.result' };
    const more = one<Forged>(place.choose, [
      { prev: sha256('x'), spilled: true },
      { seq: place.choose(1000), spilled: true },
      { session: sessions.done, spilled: true },
      {},
      { spilled: true, side: { file: `${place.session}.json`, bytes: 1, digest: 'x', at: ['/step'] } },
    ]);
    // Nothing of it is at the right place: the numbers of the log are lower.
    spilled(place, following(place, event, { seq: 100_000, ...more }));
    return `a spill record elsewhere: ${canonical(more)}`;
  },
  (place) => {
    const line = one(place.choose, [
      '\0',
      deep(50_000),
      `{"type":"step.result","step":${deep(9000)}}`,
      'x'.repeat(40_000),
    ]);
    spilled(place, line);
    return `spill garbage: ${line.slice(0, 40)}`;
  },
];

/** Mostly what is right, so that the rest of it is looked at. */
const fits = <Value>(value: Value): readonly Value[] => Array.from({ length: 8 }, () => value);

const pointers = [
  '/__proto__/title',
  '/constructor/prototype/title',
  '/__proto__',
  '/step',
  '/title',
  '/type',
  '/note/0',
  '/a/b/c',
  '/',
  '',
  'x',
  '/~2',
  '//',
];

/** What a session of a newer version could hold: its rules are not known here, and nothing of it is a result of ours. */
const newerThenInvented: Way = (place) => {
  const right = { at: '2026-11-22T03:15:30.000Z', monotonicMs: 1, ms: 1 };
  const newer = {
    ...right,
    type: 'step.result',
    step: one(place.choose, ['restart/app-1', 'before']),
    result: 'approved',
  };
  const step = { ...right, type: 'step.result', step: invented, result: 'ok' };
  const events = one(place.choose, [[newer, step], [step], [{ ...newer, type: 'approval.given' }, step, step]]);
  spilled(place, one(place.choose, [chain(place, events, { spilled: true }), events.map(canonical)]).join('\n'));
  return `a spill file of a newer version: ${canonical(events).slice(0, 200)}`;
};

/** A record with a side file of the forger's, whose digests fit. */
const withSide: Way = (place) => {
  const pointer = one(place.choose, pointers);
  const value = one<unknown>(place.choose, [{ problem: 'x' }, 'a title', 7, null, ['x']]);
  const parts = one<Forged>(place.choose, [
    ...fits({ [pointer]: value }),
    {},
    JSON.parse(`{"__proto__":{"${pointer}":1}}`) as Forged,
  ]);
  const bytes = one(place.choose, [...fits(canonical(parts)), '[]', 'x', deep(5000), `${canonical(parts)} `]);
  const file = one(place.choose, [
    ...fits(`${place.session}.99.json`),
    `${sessions.done}.2.json`,
    '../../etc/passwd',
    '',
  ]);
  if (file.endsWith('.json')) put(join(place.directory, file), bytes);
  const side = {
    file,
    bytes: Buffer.byteLength(bytes),
    digest: sha256(bytes),
    at: [pointer, ...(place.choose(3) === 0 ? [pointer] : [])],
  };
  const note = { type: 'step.progress', step: 'before', note: null, at: '2026-11-22T03:15:30.000Z', monotonicMs: 1 };
  fs.appendFileSync(logOf(place), `${following(place, note, { side })}\n`);
  return `a side file: ${pointer} in ${file}`;
};

/** Records whose place in the chain, or whose hash, is not right. */
const unchained: readonly Way[] = [
  (place) => {
    fs.appendFileSync(logOf(place), `${JSON.stringify(eventBy(place.choose))}\n`);
    return 'an event as a line';
  },
  (place) => {
    const more = one<Forged>(place.choose, [
      { prev: sha256('x') },
      { seq: 1 },
      { session: sessions.done },
      { v: 2 },
      { v: '1' },
    ]);
    fs.appendFileSync(logOf(place), `${following(place, eventBy(place.choose), more)}\n`);
    return `a record that does not follow: ${canonical(more)}`;
  },
  (place) => {
    const lines = linesIn(logOf(place));
    const at = place.choose(lines.length);
    const record = JSON.parse(lines[at] ?? '{}') as Forged;
    const changed = canonical({
      ...record,
      event: { ...(record['event'] as Forged), title: invented, step: invented },
    });
    put(
      logOf(place),
      lines
        .with(at, changed)
        .map((line) => `${line}\n`)
        .join(''),
    );
    return `record ${at + 1} changed, its hash as it was`;
  },
  (place) => {
    fs.appendFileSync(logOf(place), `{"actor":{"host":"${invented}`);
    return 'the beginning of a record';
  },
  (place) => {
    // Right in the chain, and not what rb writes.
    const event = {
      ...eventBy(place.choose),
      type: one(place.choose, ['step.result', 'session.opened', 'audit.cut']),
      step: invented,
    };
    const cut = { file: one(place.choose, ['../x', `${place.session}.torn-9`, '']), digest: 'x', bytes: 1 };
    fs.appendFileSync(logOf(place), `${following(place, { ...event, ...(event.type === 'audit.cut' && cut) })}\n`);
    return `a record that follows, of ${event.type}`;
  },
];

const ways: readonly Way[] = [
  ...ofSpills,
  newerThenInvented,
  newerThenInvented,
  withSide,
  withSide,
  withSide,
  ...unchained,
];

/** Whatever any command says of the directory, held against what may be said. Returns what is wrong. */
const examine = async (directory: string, session: string): Promise<readonly string[]> => {
  const said = [
    await list(directory),
    await verifyAll(directory),
    await verify(directory, session),
    await show(directory, session),
    await report(directory, session),
    await report(directory, session, true),
    await resume(directory, session),
  ];
  // `show -o json` has the lines of an unknown kind as they are; a person and a report see steps.
  const seen = said.map(({ text }) => text).join('\n');
  const steps = (said[3]?.data as { readonly steps?: readonly unknown[] } | null)?.steps ?? [];
  return [
    ...(seen.includes(invented) && /invented (?:title|finding|end)|\| (?:restart\/)?invented/.test(seen)
      ? ['an invented step is shown']
      : []),
    ...(JSON.stringify(steps).includes(invented) ? ['an invented step is in the data'] : []),
    ...(Object.keys(Object.prototype).length > 0 ? ['every object has been changed'] : []),
  ];
};

/**
 * Forges records, spill files and side files, one in each copy of a directory of sessions, and runs every command that reads it. The
 * same seed gives the same tries. Nothing may crash, show a step that no log has, or reach another object of the process.
 */
export const attackRecords = async (n: number, seed = 20_261_130): Promise<Figures> => {
  const base = aFullDirectory();
  const broken: string[] = [];
  let slowestMs = 0;
  try {
    for (let index = 0; index < n; index += 1) {
      const luck = chance(seed + index);
      const choose: Choose = (below) => luck.number(below);
      const home = fs.mkdtempSync(join(dirname(base), 'copy-'));
      const place = { directory: join(home, 'audit'), choose, session: one(choose, whole) };
      let what = '';
      const began = performance.now();
      try {
        fs.cpSync(base, place.directory, { recursive: true });
        fs.chmodSync(place.directory, 0o700);
        what = one(choose, ways)(place);
        // oxlint-disable-next-line no-await-in-loop -- each has a directory of its own
        broken.push(...(await examine(place.directory, place.session)).map((why) => `${why} (try ${index}): ${what}`));
      } catch (error) {
        broken.push(`${error instanceof Error ? error.stack : String(error)} (try ${index}): ${what}`);
      } finally {
        slowestMs = Math.max(slowestMs, performance.now() - began);
        fs.rmSync(home, { recursive: true, force: true });
      }
    }
  } finally {
    fs.rmSync(dirname(base), { recursive: true, force: true });
  }
  return { tried: n, broken, slowestMs };
};
