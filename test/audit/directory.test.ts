import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { prepareAuditDirectory } from '../../src/audit/directory.ts';
import { openAuditLog } from '../../src/audit/record/file.ts';
import { aDirectory, aDisk, errorOf, missingRig, options } from './a-directory.ts';

const refusal = (directory: string) => errorOf(() => openAuditLog(options(directory)));

describe('a directory', () => {
  test('is made with its parents, for us alone, whatever the umask', () => {
    const umask = process.umask(0);
    try {
      const directory = join(aDirectory(), 'a', 'b');
      prepareAuditDirectory(directory);
      for (const made of [directory, dirname(directory)]) expect(fs.statSync(made).mode & 0o777).toBe(0o700);
    } finally {
      process.umask(umask);
    }
  });

  test('is not a link', () => {
    const directory = aDirectory();
    fs.mkdirSync(`${directory}-real`, { mode: 0o700 });
    fs.symlinkSync(`${directory}-real`, directory);
    expect(refusal(directory)).toMatchObject({ kind: 'unrecorded', message: expect.stringContaining('symbolic link') });
    expect(fs.readdirSync(`${directory}-real`)).toEqual([]);
  });

  test.each([0o755, 0o750, 0o701, 0o777])('is not open to others (mode %o)', (mode) => {
    const directory = aDirectory();
    fs.mkdirSync(directory);
    fs.chmodSync(directory, mode);
    expect(refusal(directory)).toMatchObject({
      kind: 'unrecorded',
      message: expect.stringContaining('others can get into it'),
      next: expect.arrayContaining([`chmod 700 ${directory}`]),
    });
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test('is not a file, nor below one', () => {
    const directory = aDirectory();
    fs.writeFileSync(directory, '');
    expect(refusal(directory)).toMatchObject({
      kind: 'unrecorded',
      message: expect.stringContaining('not a directory'),
    });
    expect(refusal(join(directory, 'below')).kind).toBe('unrecorded');
  });

  test('is ours', () => {
    const directory = aDirectory();
    fs.mkdirSync(directory, { mode: 0o700 });
    if (process.getuid?.() !== 0) return missingRig('only root can give a directory away');
    fs.chownSync(directory, 1234, 1234);
    expect(refusal(directory).message).toContain('it belongs to user 1234');
  });

  test("is not made in another user's HOME", () => {
    if (process.getuid?.() !== 0) return missingRig('only root can give a directory away');
    const home = aDirectory();
    fs.mkdirSync(home, { mode: 0o755 });
    fs.chownSync(home, 1234, 1234);
    expect(refusal(join(home, '.local', 'state', 'rb', 'audit'))).toMatchObject({
      kind: 'unrecorded',
      message: expect.stringContaining(
        `it would be made in ${home}, which belongs to user 1234, and rb runs as user 0`,
      ),
      next: expect.arrayContaining([expect.stringContaining('sudo -H')]),
    });
    expect(fs.readdirSync(home)).toEqual([]);
  });

  test('is writable', () => {
    const directory = aDisk('ro');
    if (directory === undefined) return;
    expect(refusal(directory)).toMatchObject({ kind: 'unrecorded', message: expect.stringContaining('not writable') });
  });
});
