import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realPathOf } from '../../../src/files/real-path.ts';
import { loadRemembered } from '../../../src/config/file/remembered.ts';
import { entryFor, textWithoutSecrets } from '../../../src/config/trust/entry.ts';
import { standingOf } from '../../../src/config/trust/standing.ts';
import { openTrustStore } from '../../../src/config/trust/store.ts';
import { freshDirectory, loadConfig, rejectionOf, withProduction } from '../rig.ts';

const at = new Date('2026-12-01T10:00:00Z');
const by = { uid: 1000, login: 'ada' };

const setUp = (text = withProduction('url: https://shop.example.com')) => {
  const directory = freshDirectory();
  const path = join(directory, 'runbook.config.yaml');
  const write = (content: string) => writeFileSync(path, content, { mode: 0o644 });
  write(text);
  const store = openTrustStore({ env: { XDG_STATE_HOME: join(directory, 'state') }, home: '/home/nobody' });
  const standing = (loaded = loadConfig(path), named?: '--config') => standingOf(loaded, named, async () => store);
  const trust = async (loaded = loadConfig(path)) => store.add(await entryFor(loaded, at, by));
  return { directory, path, write, store, standing, trust };
};

test('found: not trusted, until it is', async () => {
  const { standing, trust } = setUp();
  expect((await standing())?.reason).toBe('was found by walking up and is not trusted');
  await trust();
  expect(await standing()).toBeUndefined();
});

const noStore = async () => {
  throw new Error('not needed');
};

test("named: the operator's word, without a look at the store", async () => {
  const { path } = setUp();
  expect(await standingOf(loadConfig(path), '--config', noStore)).toBeUndefined();
});

test('changed: what it was comes with it', async () => {
  const { standing, trust, write } = setUp();
  await trust();
  write(withProduction('url: https://evil.example.com'));
  expect(await standing()).toMatchObject({
    reason: 'has changed since ada trusted it at 2026-12-01T10:00:00.000Z',
    before: { content: withProduction('url: https://shop.example.com') },
  });
});

test('it is the text in use that counts, not what the file says by then', async () => {
  const { path, standing, trust, write } = setUp();
  await trust();
  const good = loadConfig(path);
  write(withProduction('url: https://evil.example.com'));
  const evil = loadConfig(path);
  expect(await standing(good)).toBeUndefined();
  write(withProduction('url: https://shop.example.com'));
  expect(await standing(evil)).toMatchObject({ before: { by } });
});

test('what is remembered has the hash of the text that it was made from, whatever the file is taken for', async () => {
  const { path, directory, standing, trust } = setUp();
  await trust();
  const memory = join(directory, 'memory');
  mkdirSync(memory);
  const read = () => loadRemembered(path, { memory });
  expect(await standing(await read())).toBeUndefined();
  expect(await standing(await read())).toBeUndefined();
  // As if another text had had the same length, checksum, time and file.
  const kept = join(memory, readdirSync(memory)[0] ?? '');
  writeFileSync(kept, readFileSync(kept, 'utf8').replace(/"digest":"./, '"digest":"x'));
  expect(await standing(await read())).toBeDefined();
  expect((await rejectionOf(trust(await read()))).message).toContain('changed while it was read');
});

test('another path with the same text is another configuration; so is a link to a trusted one', async () => {
  const { path, directory, standing, trust } = setUp();
  await trust();
  const copy = join(freshDirectory(), 'runbook.config.yaml');
  writeFileSync(copy, readFileSync(path));
  expect(await standing(loadConfig(copy))).toBeDefined();
  const link = join(freshDirectory(), 'runbook.config.yaml');
  symlinkSync(path, link);
  expect(await standing(loadConfig(link))).toBeDefined();
  expect(realPathOf(link)).toBe(link);
  const above = join(freshDirectory(), 'link');
  symlinkSync(directory, above);
  expect(realPathOf(join(above, 'runbook.config.yaml'))).toBe(path);
  expect(await standing(loadConfig(join(above, 'runbook.config.yaml')))).toBeUndefined();
});

test.for([
  [0o644, undefined, undefined],
  [0o664, '(named by --config) is not trusted, because others can change it (mode 0664)', undefined],
  [
    0o646,
    '(named by --config) is not trusted, because others can change it (mode 0646)',
    'others can change it (mode 0646)',
  ],
] as const)('mode %o', async ([mode, named, obstacle]) => {
  const { path, standing } = setUp();
  chmodSync(path, mode);
  expect((await standing(loadConfig(path), '--config'))?.reason).toBe(named);
  expect((await standing())?.obstacle?.what).toBe(obstacle);
});

test('secrets that are written out are not kept', async () => {
  const text = `# ops\n${withProduction('cache: { url: "redis://:hunter22@h" }')}notify: { webhook: { url: "https://x.example", token: s3cr3t-token } }\n`;
  const { path, trust, store } = setUp(text);
  const hidden = textWithoutSecrets(loadConfig(path));
  expect(hidden).not.toMatch(/hunter22|s3cr3t/);
  expect(hidden).toContain('# ops\n');
  await trust();
  expect(store.entry(path)?.content).toBe(hidden);
});
