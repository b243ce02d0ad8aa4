import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { checkout, runtime, start } from './program.ts';
import { newDirectory } from './rig.ts';

// V8 takes bytecode from a compile cache on trust. Each test plants code there in the way of another user, and starts a program of its
// own: a copy of the built one, so that its files can stand for something else while the bytecode is made.

const us = process.getuid?.() ?? -1;
const them = 12_345;
const ran = 99;
const configuration = `version: 1
service: { name: shop, purpose: honest }
environments: { live: { url: https://shop.example.com } }
`;

interface Stage {
  /** A directory that is ours; `tmp` in it is like /tmp, for everybody. */
  readonly place: string;
  readonly home: string;
  readonly run: (env?: Readonly<Record<string, string>>, cwd?: string) => Promise<number>;
  /** What `rb config show` prints of the configuration in `place`. */
  readonly show: () => Promise<string>;
  /** Puts bytecode that ends with `ran` into the cache that a run with this environment has used. */
  readonly plant: (env?: Readonly<Record<string, string>>) => Promise<void>;
}

const setUp = (): Stage => {
  const place = newDirectory();
  const program = join(place, 'program');
  const home = join(place, 'home');
  mkdirSync(join(place, 'tmp'));
  chmodSync(join(place, 'tmp'), 0o1777);
  // Others have to reach it, so that only the rule keeps them out.
  chmodSync(place, 0o755);
  mkdirSync(home);
  for (const part of ['bin', 'dist']) cpSync(join(checkout, part), join(program, part), { recursive: true });
  const begin = async (words: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = place) =>
    start(runtime, [join(program, 'bin', 'rb.js'), ...words], { env: { HOME: home, ...env }, cwd }).ended;
  const run: Stage['run'] = async (...surroundings) => (await begin(['--help'], ...surroundings)).code;
  const show = async () => (await begin(['-c', join(place, 'rb.yaml'), 'config', 'show'])).stdout;
  const plant: Stage['plant'] = async (env) => {
    const chunks = join(program, 'dist', 'chunks');
    const file = join(chunks, readdirSync(chunks).find((name) => name.startsWith('command-line-')) ?? '');
    const source = readFileSync(file);
    writeFileSync(file, inPlaceOf(source.toString()));
    await run(env);
    writeFileSync(file, source);
    const planted = filesIn(place).filter((path) => isCacheOf(path, source.length));
    expect(planted).toHaveLength(1);
    for (const path of planted) seal(path, source);
  };
  return { place, home, run, show, plant };
};

/** As many characters and as many bytes: V8 knows a text by the one, Node by the other. */
const inPlaceOf = (source: string): string => {
  const planted = `process.exit(${ran});//`;
  return planted + source.slice(planted.length).replace(/[\0-\x7F]/g, ' ');
};

const filesIn = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name));

/** Node's header: magic number, size of the source, size of the bytecode, and the checksum of each (src/compile_cache.cc). */
const isCacheOf = (path: string, size: number): boolean => {
  const bytes = readFileSync(path);
  return /\/v\d+[^/]*\/[0-9a-f]+$/.test(path) && bytes.length > 20 && bytes.readUInt32LE(4) === size;
};
const seal = (path: string, source: Buffer): void => {
  const bytes = readFileSync(path);
  bytes.writeUInt32LE(crc32(source), 12);
  writeFileSync(path, bytes);
};

/** The directory itself and everything in it. */
const give = (path: string, uid: number): void => {
  lchownSync(path, uid, uid);
  for (const name of readdirSync(path, { recursive: true, encoding: 'utf8' })) lchownSync(join(path, name), uid, uid);
};

/** The innermost directory that is ours to name: Node's own are below it. */
const innermost = (cache: string): string => {
  const at = filesIn(cache).find((path) => !path.endsWith('.json')) ?? '';
  return dirname(dirname(at));
};

describe.skipIf(us !== 0)('planted bytecode', () => {
  test('runs where the directory is ours: the tests below plant what would run', async () => {
    const { plant, run, place } = setUp();
    await plant();
    expect(await run()).toBe(ran);
    const inTmp = setUp();
    const env = { XDG_CACHE_HOME: join(inTmp.place, 'tmp', 'cache') };
    await inTmp.plant(env);
    expect([await inTmp.run(env), existsSync(place)]).toEqual([ran, true]);
  });

  test('of a directory that is relative to where we are (XDG_CACHE_HOME=.)', async () => {
    const { place, plant, run } = setUp();
    const theirs = join(place, 'repository');
    mkdirSync(theirs);
    await plant({ XDG_CACHE_HOME: theirs });
    for (const relative of ['.', '', './.', '../repository'])
      expect(await run({ XDG_CACHE_HOME: relative }, theirs)).toBe(0);
    expect(readdirSync(theirs)).toEqual(['rb']);
  });

  const spoilt: Readonly<Record<string, (stage: Stage, cache: string) => void>> = {
    "in another user's HOME (sudo without -H)": ({ home }) => give(home, them),
    "in another user's HOME, in a directory of ours": ({ home }) => chownSync(home, them, them),
    'in a directory of another user': (_, cache) => give(join(cache, 'rb'), them),
    'in a directory that was left 0777': (_, cache) => chmodSync(innermost(cache), 0o777),
    'in a directory that others can only read': (_, cache) => chmodSync(innermost(cache), 0o755),
    'below a directory that was left 0777': (_, cache) => chmodSync(join(cache, 'rb'), 0o777),
    'where XDG_CACHE_HOME was left 0777': (_, cache) => chmodSync(cache, 0o777),
    'below a directory that a group of others can write': (_, cache) => {
      chownSync(cache, 0, them);
      chmodSync(cache, 0o775);
    },
    'far below a directory that others can write': ({ place }) => chmodSync(place, 0o777),
    'below a directory for everybody that another user has': ({ home }) => {
      chownSync(home, them, them);
      chmodSync(home, 0o1777);
    },
    'behind a link of another user': ({ place }, cache) => {
      renameSync(cache, join(place, 'elsewhere'));
      symlinkSync(join(place, 'elsewhere'), cache);
      lchownSync(cache, them, them);
    },
    'behind a link to where others can write': ({ place }, cache) => {
      mkdirSync(join(place, 'shared'));
      chmodSync(join(place, 'shared'), 0o777);
      renameSync(cache, join(place, 'shared', 'cache'));
      symlinkSync(join(place, 'shared', 'cache'), cache);
    },
    'behind a link of ours in the place of the directory': ({ place }, cache) => {
      const at = innermost(cache);
      renameSync(at, join(place, 'elsewhere'));
      symlinkSync(join(place, 'elsewhere'), at);
    },
  };

  test.each(Object.entries(spoilt))('%s does not run', async (_, spoil) => {
    const stage = setUp();
    await stage.plant();
    spoil(stage, join(stage.home, '.cache'));
    expect(await stage.run()).toBe(0);
  });

  test('behind a link of ours to a directory of ours is as good as without it', async () => {
    const { place, home, plant, run } = setUp();
    await plant();
    renameSync(join(home, '.cache'), join(place, 'large-disk'));
    symlinkSync('../large-disk', join(home, '.cache'));
    expect(await run()).toBe(ran);
  });

  test.each(Object.entries(spoilt))('%s is not what was remembered of a configuration either', async (_, spoil) => {
    const stage = setUp();
    const { place, home, show } = stage;
    writeFileSync(join(place, 'rb.yaml'), configuration, { mode: 0o600 });
    await show();
    const kept = filesIn(home).filter((path) => path.endsWith('.json'));
    expect(kept).toHaveLength(1);
    for (const path of kept) writeFileSync(path, readFileSync(path, 'utf8').replaceAll('honest', 'planted'));
    expect(await show()).toContain('planted');
    spoil(stage, join(home, '.cache'));
    expect(await show()).toContain('honest');
  });

  test('two builds and two runtimes have a place each, until it has not been used for long', async () => {
    const { home, place, run } = setUp();
    const places = () => readdirSync(join(home, '.cache', 'rb')).length;
    await run();
    const file = join(place, 'program', 'dist', 'main.js');
    const code = readFileSync(file, 'utf8');
    writeFileSync(file, code.replace(/[0-9a-f]{16}/, '0123456789abcdef'));
    await run();
    expect(places()).toBe(2);
    writeFileSync(join(place, 'other.cjs'), "Object.defineProperty(process, 'version', { value: 'v26.0.0' });");
    await run({ NODE_OPTIONS: `--require ${join(place, 'other.cjs')}` });
    expect(places()).toBe(3);
    const unused = readdirSync(join(home, '.cache', 'rb'))[0] ?? '';
    utimesSync(join(home, '.cache', 'rb', unused), 0, 0);
    writeFileSync(join(place, 'other.cjs'), "Object.defineProperty(process, 'version', { value: 'v26.0.1' });");
    await run({ NODE_OPTIONS: `--require ${join(place, 'other.cjs')}` });
    expect([places(), existsSync(join(home, '.cache', 'rb', unused))]).toEqual([3, false]);
  });

  test("nothing is made in another user's HOME", async () => {
    const { home, run } = setUp();
    chownSync(home, them, them);
    expect(await run()).toBe(0);
    expect(readdirSync(home)).toEqual([]);
  });
});
