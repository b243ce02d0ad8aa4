import {
  chmodSync,
  linkSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  renameSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { loadRemembered, memoryOf } from '../../src/config/remembered.ts';
import type { Memory } from '../../src/config/remembered.ts';
import { freshDirectory, rejectionOf, withProduction } from './rig.ts';

const text = withProduction('url: https://shop.example.com\nscaling: { min: 3 }\ncache: { url: "${env:CACHE}" }');

const setUp = (content = text) => {
  const cwd = freshDirectory();
  const path = join(cwd, 'runbook.config.yaml');
  writeFileSync(path, content);
  const memory: Memory = { directory: join(cwd, 'cache', 'configurations'), program: 'build 1' };
  const read = (chosen: Memory = memory) => loadRemembered(path, { cwd, memory: chosen });
  const kept = () => join(memory.directory, readdirSync(memory.directory)[0] ?? 'nothing');
  /** Makes what is kept say something else, so that a look at it shows. */
  const forge = () => writeFileSync(kept(), readFileSync(kept(), 'utf8').replaceAll('"min":3', '"min":4'));
  return { cwd, path, memory, read, kept, forge };
};
const minimum = (loaded: Awaited<ReturnType<typeof loadRemembered>>) =>
  loaded.config.environments['production']?.scaling?.min;

test('what is remembered is the same as what is read', async () => {
  const { read, path, cwd } = setUp();
  const fresh = loadConfig(path, { cwd });
  for (const loaded of [await read(), await read()]) {
    expect(loaded.config).toEqual(fresh.config);
    expect([loaded.path, loaded.file, loaded.directory]).toEqual([fresh.path, fresh.file, fresh.directory]);
    for (const at of [
      [],
      ['environments', 'production', 'scaling', 'min'],
      ['environments', 'production', 'scaling', 'max'],
    ])
      for (const of of ['key', 'value'] as const)
        expect(loaded.document.position(at, of)).toEqual(fresh.document.position(at, of));
  }
});

test('the second time the file is not checked again', async () => {
  const { read, forge } = setUp();
  await read();
  forge();
  expect(minimum(await read())).toBe(4);
});

test('another text, another build or another file is read afresh', async () => {
  const { read, forge, path, memory } = setUp();
  await read();
  forge();
  expect(minimum(await read({ ...memory, program: 'build 2' }))).toBe(3);
  forge();
  writeFileSync(path, `${text}# changed\n`);
  expect(minimum(await read())).toBe(3);
  writeFileSync(path, text.replace('min: 3', 'min: three'));
  expect((await rejectionOf(read())).message).toContain('found "three"');
});

test('it is for the user alone', async () => {
  const { read, kept, memory } = setUp();
  await read();
  expect(statSync(memory.directory).mode & 0o777).toBe(0o700);
  expect(statSync(kept()).mode & 0o777).toBe(0o600);
  expect(readdirSync(memory.directory)).toHaveLength(1);
});

test.each([
  ['others can write', (kept: string) => chmodSync(kept, 0o622)],
  ['has a second name', (kept: string) => linkSync(kept, `${kept}.other`)],
  [
    'is a link',
    (kept: string) => {
      renameSync(kept, `${kept}.elsewhere`);
      symlinkSync(`${kept}.elsewhere`, kept);
    },
  ],
  [
    'is a directory',
    (kept: string) => {
      renameSync(kept, `${kept}.elsewhere`);
      mkdirSync(kept);
    },
  ],
  ['is damaged', (kept: string) => writeFileSync(kept, '{')],
])('what %s does not count', async (_, spoil) => {
  const { read, kept, forge } = setUp();
  await read();
  forge();
  spoil(kept());
  expect(minimum(await read())).toBe(3);
});

test('secrets that are written out are not kept', async () => {
  const { read, memory } = setUp(withProduction('cache: { url: "redis://:hunter2@h" }'));
  await read();
  expect(() => readdirSync(memory.directory)).toThrow('ENOENT');
});

test('where nothing can be written the file is read all the same', async () => {
  const { read, cwd } = setUp();
  writeFileSync(join(cwd, 'cache'), 'in the way');
  expect(minimum(await read())).toBe(3);
});

test('a program that is not built remembers nothing', async () => {
  const { read, cwd } = setUp();
  const memory = memoryOf({ XDG_CACHE_HOME: join(cwd, 'xdg') }, '/home/nobody');
  expect(memory).toEqual({ directory: join(cwd, 'xdg', 'rb', 'configurations'), program: undefined });
  expect(memoryOf({}, '/home/ada').directory).toBe('/home/ada/.cache/rb/configurations');
  await read(memory);
  expect(() => readdirSync(memory.directory)).toThrow('ENOENT');
});
