import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Question } from '../../../src/clients/process/ask.ts';
import { askProgram } from '../../../src/clients/process/ask.ts';

const cwd = mkdtempSync(join(tmpdir(), 'rb-ask-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const ask = (argv: Question['argv'], more: Partial<Question> = {}) =>
  askProgram({
    argv,
    cwd,
    environment: { PATH: process.env['PATH'], TOKEN: 't' },
    terminal: 'own',
    timeoutMs: 60_000,
    mostBytes: 1024,
    ...more,
  });
const sh = (script: string, more?: Partial<Question>) => ask(['sh', '-c', script], more);

describe('a program that is asked', () => {
  test.each(['own', 'shared'] as const)('gets its whole environment and no input (terminal: %s)', async (terminal) => {
    expect(await sh('echo "$TOKEN"; cat; echo e >&2; exit 3', { terminal })).toEqual({
      exitCode: 3,
      stdout: 't\n',
      stderr: 'e\n',
    });
  });

  test.each(['own', 'shared'] as const)('is ended after its time (terminal: %s)', async (terminal) => {
    expect(await sh('echo a; exec sleep 60', { terminal, timeoutMs: 300 })).toMatchObject({
      stopped: 'timeout',
      signal: 'SIGTERM',
    });
  });

  test('is ended when it prints too much, of which nothing more is kept', async () => {
    const answer = await sh('exec cat /dev/zero');
    expect(answer).toMatchObject({ stopped: 'too-much' });
    expect(answer.stdout.length).toBeLessThanOrEqual(1024);
  });

  test('does not keep the caller waiting that goes', async () => {
    await expect(sh('exec sleep 60', { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  test.each<[string, Question['argv'], Partial<Question>, string]>([
    ['that is not there', ['no-such-program'], {}, 'cannot run no-such-program: not found in PATH'],
    ['in a folder that is not there', ['true'], { cwd: '/no/such' }, 'the folder /no/such does not exist'],
    ['with an argument that none can be', ['true', '\0'], {}, 'cannot run true: '],
  ])('%s is an error that says so', async (_, argv, more, message) => {
    await expect(ask(argv, more)).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining(message) as string,
    });
  });
});
