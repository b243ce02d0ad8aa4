import {
  chmodSync,
  linkSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  renameSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadRemembered } from '../../src/config/file/remembered.ts';
import { freshDirectory, loadConfig, rejectionOf, withProduction } from './rig.ts';

const text = withProduction('url: https://shop.example.com\nscaling: { min: 3 }\ncache: { url: "${env:CACHE}" }');

const setUp = (content = text) => {
  const cwd = freshDirectory();
  const path = join(cwd, 'runbook.config.yaml');
  writeFileSync(path, content);
  const memory = join(cwd, 'cache');
  mkdirSync(memory, { mode: 0o700 });
  const read = (chosen: string | undefined = memory) => loadRemembered(path, { cwd, memory: chosen });
  const kept = () => join(memory, readdirSync(memory)[0] ?? 'nothing');
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

test('another text or another file is read afresh', async () => {
  const { read, forge, path } = setUp();
  await read();
  forge();
  writeFileSync(path, `${text}# changed\n`);
  expect(minimum(await read())).toBe(3);
  writeFileSync(path, text.replace('min: 3', 'min: three'));
  expect((await rejectionOf(read())).message).toContain('found "three"');
});

test('it is for the user alone', async () => {
  const { read, kept, memory } = setUp();
  await read();
  expect(statSync(kept()).mode & 0o777).toBe(0o600);
  expect(readdirSync(memory)).toHaveLength(1);
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
  expect(readdirSync(memory)).toEqual([]);
});

test('where nothing can be written the file is read all the same', async () => {
  const { read, memory } = setUp();
  rmdirSync(memory);
  writeFileSync(memory, 'in the way');
  expect(minimum(await read())).toBe(3);
});

test('without a memory nothing is remembered', async () => {
  const { path, cwd, memory } = setUp();
  expect(minimum(await loadRemembered(path, { cwd, memory: undefined }))).toBe(3);
  expect(readdirSync(memory)).toEqual([]);
});
