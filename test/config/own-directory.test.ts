import { chmodSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeOurs, ownDirectory, whyNotOurs } from '../../src/files/own-directory.ts';
import { freshDirectory } from './rig.ts';

describe('where it is', () => {
  test.each<[string, Record<string, string>, string]>([
    ['in the directory of the variable', { XDG_STATE_HOME: '/state' }, '/state/rb/audit'],
    ['else below HOME', {}, '/home/ada/.local/state/rb/audit'],
    ['a relative variable does not count', { XDG_STATE_HOME: 'state' }, '/home/ada/.local/state/rb/audit'],
    ['nor does .', { XDG_STATE_HOME: '.' }, '/home/ada/.local/state/rb/audit'],
    ['nor does an empty one', { XDG_STATE_HOME: '' }, '/home/ada/.local/state/rb/audit'],
    ['nor the one of the cache', { XDG_CACHE_HOME: '/cache' }, '/home/ada/.local/state/rb/audit'],
  ])('%s', (_, env, expected) => {
    expect(ownDirectory('state', 'audit', { env, home: '/home/ada' }).path).toBe(expected);
  });
});

describe('makeOurs', () => {
  test('makes it for us alone, whatever the umask, and once', () => {
    const home = freshDirectory();
    const umask = process.umask(0);
    try {
      const directory = ownDirectory('cache', 'a', { env: {}, home });
      expect(whyNotOurs(directory)).toBe(`there is no ${directory.path}`);
      expect([makeOurs(directory), makeOurs(directory), whyNotOurs(directory)]).toEqual([true, false, undefined]);
      for (const made of ['.cache', '.cache/rb', '.cache/rb/a'])
        expect(statSync(join(home, made)).mode & 0o777).toBe(0o700);
    } finally {
      process.umask(umask);
    }
  });

  test.each<[string, (home: string) => string, RegExp]>([
    ['a HOME that is not there', (home) => join(home, 'gone'), /there is no .*gone \(HOME\)/],
    ['a relative HOME', () => '.', /not an absolute path/],
    [
      'a HOME behind a link that leads to itself',
      (home) => {
        symlinkSync('loop', join(home, 'loop'));
        return join(home, 'loop');
      },
      /ELOOP/,
    ],
    [
      'a file in its place',
      (home) => {
        symlinkSync('/dev/null', join(home, '.cache'));
        return home;
      },
      /\/dev\/null is not a directory/,
    ],
  ])('throws for %s', (_, homeIn, said) => {
    const directory = ownDirectory('cache', 'a', { env: {}, home: homeIn(freshDirectory()) });
    expect(() => makeOurs(directory)).toThrow(said);
  });

  test('a directory like /tmp above it is one that only we can remove it from', () => {
    const directory = join(freshDirectory(), 'tmp');
    mkdirSync(directory);
    chmodSync(directory, 0o1777);
    const own = ownDirectory('cache', 'a', { env: { XDG_CACHE_HOME: directory }, home: '/home/ada' });
    expect([makeOurs(own), whyNotOurs(own)]).toEqual([true, undefined]);
    chmodSync(directory, 0o777);
    expect(whyNotOurs(own)).toBe(`others can write to ${directory} (mode 0777)`);
  });
});
