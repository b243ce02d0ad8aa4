import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { cacheDirectory, missingPrograms, programs } from './binaries.ts';
import { withBuildLock } from './build-lock.ts';

const root = mkdtempSync(join(tmpdir(), 'rb-binaries-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

const place = (directory: string, ...names: readonly string[]): string => {
  mkdirSync(directory, { recursive: true });
  for (const name of names) writeFileSync(join(directory, name), '', { mode: 0o755 });
  return directory;
};

describe('where the programs are found', () => {
  const nothing = { PATH: '', XDG_CACHE_HOME: join(root, 'none') };

  it('without anything, all are missing', () => {
    expect(missingPrograms(nothing)).toEqual(programs);
  });

  it('KUBEBUILDER_ASSETS has the three that it is known for', () => {
    const assets = place(join(root, 'assets'), ...programs);
    expect(missingPrograms({ ...nothing, KUBEBUILDER_ASSETS: assets })).toEqual([
      'kube-controller-manager',
      'kube-scheduler',
      'kwok',
      'toxiproxy-server',
    ]);
  });

  it('the cache directory has what was built', () => {
    const environment = { ...nothing, XDG_CACHE_HOME: join(root, 'cache') };
    expect(cacheDirectory(environment)).toMatch(join(root, 'cache', 'rb-rigs', 'kubernetes-'));
    place(cacheDirectory(environment), ...programs);
    expect(missingPrograms(environment)).toEqual([]);
  });

  it('the PATH is good for etcd only: a kubectl there may be anything', () => {
    const PATH = place(join(root, 'bin'), 'etcd', 'kubectl');
    expect(missingPrograms({ ...nothing, PATH })).toEqual(programs.filter((each) => each !== 'etcd'));
  });
});

describe('two builds at once', () => {
  const lock = join(root, 'build', 'lock');

  it('wait for each other', async () => {
    const order: string[] = [];
    const said: string[] = [];
    const say = (text: string) => void said.push(text);
    const build = (name: string) => async () => {
      order.push(`${name} begins`);
      await sleep(20);
      order.push(`${name} ends`);
    };
    await Promise.all([withBuildLock(lock, say, build('one')), withBuildLock(lock, say, build('other'))]);
    expect(order).toEqual(['one begins', 'one ends', 'other begins', 'other ends']);
    expect(said).toEqual(['another process builds; waiting for it']);
  });

  it('take over the lock of a process that was killed', async () => {
    // No process has an id above the kernel's limit of 2^22.
    writeFileSync(lock, String(2 ** 22 + 1));
    let built = false;
    await withBuildLock(
      lock,
      () => undefined,
      () => void (built = true),
    );
    expect(built).toBe(true);
  });
});
