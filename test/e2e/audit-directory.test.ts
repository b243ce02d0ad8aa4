import { appendFileSync, chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rb, runtime, start } from './program.ts';
import { newDirectory } from './rig.ts';
import type { Operator } from './rig.ts';
import { keys, openSession } from './screen.ts';
import { useStage } from './stage.ts';

const stage = useStage();

/** How an audit directory can be unusable: how it comes to be, what rb says of it, and what it says to do. */
const unusable: Record<string, { prepare: (directory: string) => void; says: RegExp; next: RegExp }> = {
  'is a file': {
    prepare: (directory) => {
      mkdirSync(dirname(directory), { recursive: true, mode: 0o700 });
      writeFileSync(directory, '');
    },
    says: /it is not a directory/,
    next: /audit\.directory/,
  },
  'lies below a file': {
    prepare: (directory) => {
      mkdirSync(dirname(dirname(directory)), { recursive: true, mode: 0o700 });
      writeFileSync(dirname(directory), '');
    },
    says: /cannot be kept in/,
    next: /audit\.directory/,
  },
  'is a symbolic link': {
    prepare: (directory) => {
      const real = join(dirname(directory), 'elsewhere');
      mkdirSync(real, { recursive: true, mode: 0o700 });
      symlinkSync(real, directory);
    },
    says: /it is a symbolic link/,
    next: /name the directory that the link leads to/,
  },
  'can be read by others': {
    prepare: (directory) => {
      mkdirSync(directory, { recursive: true });
      chmodSync(directory, 0o755);
    },
    says: /others can get into it \(mode 0755\)/,
    next: /chmod 700/,
  },
  'is not writable, or is somebody else’s': {
    prepare: (directory) => {
      mkdirSync(directory, { recursive: true, mode: 0o500 });
      // To root every directory is writable, but not every one is root's own.
      if (process.getuid?.() === 0) chownSync(directory, 65534, 65534);
    },
    says: /it belongs to user 65534|it is not writable/,
    next: /audit\.directory/,
  },
};

/** Exit code 74, nothing done, what is wrong and what to do. */
const refused = (
  { code, said, operator }: { code: number; said: string; operator: Operator },
  { says, next }: { says: RegExp; next: RegExp },
) => ({
  code: code === 74 || `exit code ${String(code)}: ${said}`,
  says: says.test(said) || said,
  next: next.test(said) || said,
  names: said.includes(operator.auditDirectory) || said,
  nothingDone: /Nothing was (?:done|changed)/.test(said) || said,
});
const asItShould = { code: true, says: true, next: true, names: true, nothingDone: true };

/** A program in a mount namespace of its own, where the audit directory is a disk of 64 KiB: nothing of it is left afterwards. */
const onTinyDisk = (operator: Operator, line: string, fill: boolean): [string, string[]] => {
  const script = [
    'mkdir -p "$1" && mount -t tmpfs -o size=64k,mode=700 tmpfs "$1"',
    ...(fill ? ['dd if=/dev/zero of="$1/filler" bs=1k 2>/dev/null || true'] : []),
    'shift; exec "$@"',
  ].join('\n');
  const root = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const command = [runtime, rb, '-c', stage.sandbox.configPath, ...line.split(' ')];
  return ['unshare', [...root, '--mount', 'sh', '-ec', script, 'sh', operator.auditDirectory, ...command]];
};

const surroundings = (operator: Operator) => ({
  env: {
    PATH: `${dirname(runtime)}:${process.env['PATH'] ?? ''}`,
    HOME: operator.home,
    XDG_STATE_HOME: join(operator.home, 'state'),
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    COLUMNS: '400',
  },
  cwd: newDirectory(),
});

const fillDisk = (directory: string): void => {
  for (const size of [4096, 512, 1])
    try {
      for (;;) appendFileSync(join(directory, 'filler'), Buffer.alloc(size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
};

describe('nothing is changed where', () => {
  let before: unknown;
  beforeAll(async () => {
    before = await stage.untouched();
  });
  afterAll(async () => {
    expect(await stage.untouched()).toEqual(before);
  });

  describe.concurrent('the audit directory', () => {
    test.for(Object.entries(unusable))('%s', async ([, { prepare, says, next }], { expect }) => {
      const operator = stage.operator();
      prepare(operator.auditDirectory);
      const run = await operator.run('restart --rolling --yes');
      expect(refused({ code: run.code, said: run.stderr, operator }, { says, next })).toEqual(asItShould);
      expect(run.stderr).not.toMatch(/\n\s+at /);
      // No flag turns that off, and at a terminal nothing is asked.
      const session = operator.session('restart --rolling', { columns: 400 });
      expect(await session.ended).toBe(74);
      expect(session.screen()).not.toContain('Do it?');
    });

    test('can still be looked past by what only looks', async ({ expect }) => {
      const operator = stage.operator();
      mkdirSync(dirname(operator.auditDirectory), { recursive: true });
      writeFileSync(operator.auditDirectory, '');
      expect((await operator.run('restart status')).code).toBe(0);
      expect((await operator.run('restart --rolling --dry-run')).code).toBe(0);
    });
  });

  describe.concurrent('the disk is full', () => {
    test('before the session opens: exit code 74, nothing done', async ({ expect }) => {
      const operator = stage.operator();
      const run = await start(...onTinyDisk(operator, 'restart --rolling --yes', true), surroundings(operator)).ended;
      expect(run.stderr).toContain('no space left on the disk (ENOSPC)');
      expect(run.stderr).toContain('free some space');
      expect(run.stderr).toMatch(/Nothing was (?:done|changed)/);
      expect(run.code).toBe(74);
    });

    test('while the question is open: the yes cannot be recorded, so nothing is done', async ({ expect }) => {
      const operator = stage.operator();
      const tiny = onTinyDisk(operator, 'restart --rolling', false);
      const session = openSession(...tiny, surroundings(operator), { columns: 200, rows: 40 });
      await session.shows('Do it? [y/N]');
      fillDisk(`/proc/${String(session.pid)}/root${operator.auditDirectory}`);
      await session.answer(`y${keys.enter}`);
      expect(await session.ended).toBe(74);
      expect(session.screen()).toContain('no space left on the disk (ENOSPC)');
      expect(session.screen()).toMatch(/Nothing was (?:done|changed)/);
    });
  });
});

describe('a disk that gets full during a rollout', () => {
  test('the step that is under way is finished, and no further one begins', async () => {
    const operator = stage.operator();
    await stage.control('fail checkout-1 slow-start');
    const known = stage.restarted().length;
    const tiny = onTinyDisk(operator, 'restart --rolling --yes', false);
    const session = openSession(...tiny, surroundings(operator), { columns: 200, rows: 40 });
    await session.shows('checkout-1 was stopped and started again');
    const disk = `/proc/${String(session.pid)}/root${operator.auditDirectory}`;
    fillDisk(disk);
    expect(await session.ended).toBe(74);
    expect(session.screen()).toContain('no space left on the disk (ENOSPC)');
    expect(stage.restarted(known)).toEqual(['checkout-1']);
    expect(session.screen()).toMatch(/not done:\s+Restart checkout-2/);
  });
});
