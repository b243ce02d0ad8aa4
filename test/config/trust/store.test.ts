import { chmodSync, chownSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTrustStore } from '../../../src/config/trust/store.ts';
import type { TrustEntry } from '../../../src/config/trust/store.ts';
import { errorOf, freshDirectory } from '../rig.ts';

const entry = (path: string): TrustEntry => ({
  version: 1,
  path,
  sha256: 'ab',
  at: '2026-12-01T10:00:00.000Z',
  by: { uid: 1000, login: 'ada' },
  content: 'version: 1\n',
});

const setUp = () => {
  const home = freshDirectory();
  return { home, store: openTrustStore({ env: {}, home }) };
};

const directory = (env: Record<string, string>) => openTrustStore({ env, home: '/home/ada' }).directory;

test('it is beside the audit log; a relative XDG_STATE_HOME does not count', () => {
  expect(directory({})).toBe('/home/ada/.local/state/rb/trusted');
  expect(directory({ XDG_STATE_HOME: '/state' })).toBe('/state/rb/trusted');
  expect(directory({ XDG_STATE_HOME: 'state' })).toBe('/home/ada/.local/state/rb/trusted');
});

test('what is added is there, for the user alone, and can be removed', () => {
  const { home, store } = setUp();
  const [one, other] = [join(home, 'b.yaml'), join(home, 'a.yaml')];
  expect([store.entry(one), store.entries(), store.remove(one)]).toEqual([undefined, [], false]);
  store.add(entry(one));
  store.add(entry(other));
  store.add({ ...entry(one), sha256: 'cd' });
  expect(store.entry(one)).toEqual({ ...entry(one), sha256: 'cd' });
  expect(store.entries().map(({ path }) => path)).toEqual([other, one]);
  expect(statSync(store.directory).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(store.directory)) {
    expect(name).toMatch(/^[0-9a-f]{64}\.json$/);
    expect(statSync(join(store.directory, name)).mode & 0o777).toBe(0o600);
  }
  expect([store.remove(one), store.entry(one), store.entries().length]).toEqual([true, undefined, 1]);
});

test('what else lies there is passed over', () => {
  const { home, store } = setUp();
  store.add(entry(join(home, 'a.yaml')));
  writeFileSync(join(store.directory, 'notes.txt'), 'x', { mode: 0o600 });
  writeFileSync(join(store.directory, `${'0'.repeat(64)}.json`), JSON.stringify(entry('/b.yaml')), { mode: 0o600 });
  expect(store.entries()).toHaveLength(1);
});

test('a store that others can get into is neither read nor written', () => {
  const { home, store } = setUp();
  const path = join(home, 'a.yaml');
  store.add(entry(path));
  chmodSync(store.directory, 0o750);
  expect([store.entry(path), store.entries(), store.remove(path)]).toEqual([undefined, [], false]);
  expect(errorOf(() => store.add(entry(path)))).toMatchObject({ kind: 'failed' });
});

test.skipIf(process.getuid?.() !== 0)("one in another user's HOME is neither read nor written nor made", () => {
  const { home, store } = setUp();
  const path = join(home, 'a.yaml');
  store.add(entry(path));
  chownSync(home, 12_345, 12_345);
  expect([store.entry(path), store.entries(), store.remove(path)]).toEqual([undefined, [], false]);
  expect(errorOf(() => store.add(entry(path)))).toMatchObject({
    kind: 'failed',
    message: `Cannot write down that it is trusted: ${home} (HOME) belongs to user 12345, and rb runs as user 0`,
  });
  const fresh = setUp();
  chownSync(fresh.home, 12_345, 12_345);
  expect(() => fresh.store.add(entry(path))).toThrow('belongs to user 12345');
  expect(readdirSync(fresh.home)).toEqual([]);
});

test('a store in a directory that others can write is neither read nor written', () => {
  const { home, store } = setUp();
  const path = join(home, 'a.yaml');
  store.add(entry(path));
  chmodSync(join(home, '.local'), 0o777);
  expect(store.entry(path)).toBeUndefined();
  expect(() => store.add(entry(path))).toThrow(`others can write to ${join(home, '.local')} (mode 0777)`);
});

test('a link in the place of an entry is replaced, not followed', () => {
  const { home, store } = setUp();
  const path = join(home, 'a.yaml');
  store.add(entry(path));
  const place = join(store.directory, readdirSync(store.directory)[0] ?? '');
  const elsewhere = join(home, 'elsewhere');
  writeFileSync(elsewhere, 'mine');
  store.remove(path);
  symlinkSync(elsewhere, place);
  store.add(entry(path));
  expect(store.entry(path)).toEqual(entry(path));
  expect(statSync(elsewhere).size).toBe(4);
});
