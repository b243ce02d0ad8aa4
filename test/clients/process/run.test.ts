import { readFileSync, writeSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRedactor } from '../../../src/config/secrets/redaction.ts';
import { openOutput } from '../../../src/clients/process/output.ts';
import { type CommandSpec, runCommand, type RunOptions } from '../../../src/clients/process/run.ts';
import { commandStillRunning } from '../../../src/clients/process/running.ts';
import { haveTimeForPrograms } from '../../patience.ts';

haveTimeForPrograms();

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rb-run-'));
});
afterAll(() => rm(directory, { recursive: true }));

const never = new AbortController().signal;
const run = (command: readonly string[], options: Partial<RunOptions> = {}, spec: Partial<CommandSpec> = {}) =>
  runCommand(
    { ...spec, command },
    { cwd: directory, mark: 'test/none', signal: never, environment: process.env, ...options },
  );
const sh = (script: string, options: Partial<RunOptions> = {}, spec: Partial<CommandSpec> = {}) =>
  run(['sh', '-c', script], options, spec);
/** Alive and not just waiting for its parent to take notice of its end. */
const isAlive = (pid: number) => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

describe('a command', () => {
  test('gives its exit code and both outputs', async () => {
    expect(await sh('echo out; echo err >&2; exit 3')).toMatchObject({ exitCode: 3, stdout: 'out\n', stderr: 'err\n' });
  });

  test('that dies of a signal has no exit code', async () => {
    const result = await sh('kill -KILL $$');
    expect(result).toMatchObject({ signal: 'SIGKILL' });
    expect(result.exitCode).toBeUndefined();
  });

  test('gets its arguments as they are: no shell reads them', async () => {
    const { stdout } = await run(['printf', '[%s]', '$(id)', '{{x}}', 'a;b'], { values: { x: '`ls` "q" \n' } });
    expect(stdout).toBe('[$(id)][`ls` "q" \n][a;b]');
  });

  test('sees who and where the operator is, what is configured for it, and no secret of the parent', async () => {
    const environment = {
      PATH: process.env['PATH'],
      HOME: '/h',
      LC_ALL: 'C',
      AWS_PROFILE: 'prod',
      AWS_SECRET_ACCESS_KEY: 's',
      TOKEN: 't',
    };
    const { stdout } = await run(
      ['env'],
      { environment, mark: 's1/step', values: { x: 'y' } },
      { environment: { OWN: '-{{x}}', RB_STEP: 'no' } },
    );
    const names = stdout.trim().split('\n').toSorted();
    expect(names).toEqual([
      'AWS_PROFILE=prod',
      'HOME=/h',
      'LC_ALL=C',
      'OWN=-y',
      `PATH=${process.env['PATH']}`,
      'RB_STEP=s1/step',
    ]);
  });

  test('reads nothing from standard input, and leads a process group of its own', async () => {
    const { stdout } = await sh('cat; ps -o pgid= -p $$; echo $$');
    const [group, pid] = stdout.trim().split(/\s+/);
    expect(group).toBe(pid);
  });

  test('tells its lines while it runs', async () => {
    const lines: string[] = [];
    let whileRunning = 0;
    const running = sh('echo one; echo two >&2; sleep 0.6; printf three', {
      onLine: (line, stream) => lines.push(`${stream} ${line}`),
    });
    const watch = setInterval(() => (whileRunning = Math.max(whileRunning, lines.length)), 10);
    await running;
    clearInterval(watch);
    expect(whileRunning).toBeGreaterThanOrEqual(2);
    expect(lines.toSorted()).toEqual(['stderr two', 'stdout one', 'stdout three']);
  });

  test('that gives away a secret line by line: it is put together before a line is shown', async () => {
    const redactor = createRedactor();
    redactor.add('pw', 'hunter2/hunter2/hunter2');
    const encoded = Buffer.from(`${'x'.repeat(50)}hunter2/hunter2/hunter2`).toString('base64');
    const lines: string[] = [];
    await sh(
      `echo one; printf '%s\\n' ${encoded} | fold -w 64; sleep 0.3; echo two; printf 'hunter2/'; sleep 0.3; echo hunter2/hunter2`,
      {
        onLine: (line) => lines.push(line),
        filter: redactor.redactStream,
      },
    );
    expect([lines.at(0), lines.at(-2), lines.at(-1)]).toEqual(['one', 'two', '‹secret:pw›']);
    expect(Buffer.from(lines.slice(1, -2).join(''), 'base64').toString()).not.toContain('hunter');
  });

  test('that talks without end is cut in the middle, and its end is kept', async () => {
    const { stdout } = await sh('echo BEGIN; yes | head -c 20000000; echo END');
    expect(stdout.length).toBeLessThan(1_100_000);
    // Not in one assertion: a failure would print a megabyte.
    expect(stdout.startsWith('BEGIN\n')).toBe(true);
    expect(/\n\[\d+ bytes left out\]\n/.test(stdout)).toBe(true);
    expect(stdout.endsWith('\nEND\n')).toBe(true);
  });

  test('that leaves a server behind is not waited for', async () => {
    const { stdout } = await sh('sleep 30 & echo $!');
    const pid = Number(stdout);
    expect(isAlive(pid)).toBe(true);
    process.kill(pid);
  });
});

describe('a command that cannot be started', () => {
  const cases: [string, string[], string][] = [
    ['is not in PATH', ['no-such-program-here'], 'not found in PATH'],
    ['is no file', ['./nothing'], 'no such file'],
    ['is not executable', ['./plain'], 'it is not executable'],
    [
      'names an interpreter that is not there',
      ['./orphan'],
      'the interpreter that its first line names does not exist',
    ],
  ];
  test.each(cases)('%s', async (_, command, message) => {
    await writeFile(join(directory, 'plain'), 'x');
    await writeFile(join(directory, 'orphan'), '#!/no/such/interpreter\n');
    await chmod(join(directory, 'orphan'), 0o755);
    await expect(run(command)).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringContaining(message) as string,
      next: [expect.any(String) as string],
    });
  });

  test('because its folder is not there', async () => {
    await expect(run(['true'], { cwd: '/no/such/folder' })).rejects.toMatchObject({
      kind: 'usage',
      message: 'cannot run true: the folder /no/such/folder does not exist',
    });
  });
});

test('what a line is handed to may fail: the command is waited for, and then its error is thrown', async () => {
  const done = join(directory, 'done');
  const failure = new Error('no space left');
  const running = sh(`echo line; sleep 0.5; echo yes > ${done}`, {
    onLine: () => {
      throw failure;
    },
  });
  await expect(running).rejects.toBe(failure);
  expect(readFileSync(done, 'utf8')).toBe('yes\n');
});

describe('a command that is stopped', () => {
  const stubborn = 'trap "" TERM; sleep 60 & echo $!; while :; do sleep 0.1; done';

  test('gets TERM, then KILL, with everything it started; what it did is unknown', async () => {
    let child = 0;
    const abort = new AbortController();
    const running = sh(stubborn, {
      signal: abort.signal,
      graceMs: 300,
      onLine: (line) => {
        child = Number(line);
        abort.abort();
      },
    });
    await expect(running).rejects.toMatchObject({
      kind: 'unknown',
      message: expect.stringContaining('was interrupted') as string,
    });
    await expect.poll(() => isAlive(child), { timeout: 30_000 }).toBe(false);
  });

  test('that reads ends with what it started in a session of its own; what a change started there goes on', async () => {
    const script = "setsid sh -c 'echo $$; exec sleep 600' & sleep 600";
    const stopped = async (purpose: 'read' | 'change'): Promise<number> => {
      let child = 0;
      const abort = new AbortController();
      const running = sh(script, {
        purpose,
        signal: abort.signal,
        graceMs: 300,
        onLine: (line) => {
          child = Number(line);
          abort.abort(new Error('stopped'));
        },
      });
      await expect(running).rejects.toThrow(/stopped|interrupted/);
      return child;
    };
    const [read, change] = [await stopped('read'), await stopped('change')];
    await expect.poll(() => isAlive(read), { timeout: 30_000 }).toBe(false);
    expect(isAlive(change)).toBe(true);
    process.kill(change, 'SIGKILL');
  });

  test('may say goodbye within the grace', async () => {
    const lines: string[] = [];
    const running = sh(
      'trap "echo bye; exit 0" TERM; echo on; while :; do sleep 0.05; done',
      { onLine: (line) => lines.push(line) },
      // Long enough for a shell to start on any machine.
      { timeoutMs: 3000 },
    );
    await expect(running).rejects.toMatchObject({
      kind: 'unknown',
      message: expect.stringContaining('did not end within 3 s') as string,
    });
    expect(lines).toEqual(expect.arrayContaining(['on', 'bye']));
  });

  test('a read that takes too long is just unreachable', async () => {
    await expect(sh('sleep 60', { purpose: 'read' }, { timeoutMs: 200 })).rejects.toMatchObject({
      kind: 'unreachable',
    });
  });
});

describe('a command that prints without end', { timeout: 120_000 }, () => {
  const forms: [string, string][] = [
    ['on standard output', 'yes'],
    ['on standard error', 'yes >&2'],
    ['on both, deaf to TERM, with a child', 'trap "" TERM; yes >&2 & yes'],
    ['in one line', "yes | tr -d '\\n'"],
  ];
  test.each(forms)('%s is ended, and said so', async (_, script) => {
    const redactor = createRedactor();
    redactor.add('pw', 'hunter2-hunter2');
    const turns = longestTurn();
    let lines = 0;
    const running = sh(script, { graceMs: 300, onLine: () => (lines += 1), filter: redactor.redactStream });
    await expect(running).rejects.toMatchObject({
      kind: 'unknown',
      message: expect.stringContaining('printed more than 64 MiB and was stopped') as string,
    });
    expect(turns.stop()).toBeLessThan(10_000);
  });

  test('obeys its timeout and Ctrl-C while it prints', async () => {
    const slowly = 'while :; do head -c 300000 /dev/zero; sleep 0.01; done';
    const timedOut = sh(slowly, { purpose: 'read', graceMs: 300 }, { timeoutMs: 500 });
    await expect(timedOut).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('within 0.5 s') as string,
    });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 300);
    const interrupted = sh('yes', { signal: abort.signal, graceMs: 300 });
    await expect(interrupted).rejects.toMatchObject({ kind: 'unknown' });
  });

  test('and ends by itself before it is noticed: its text says what was not read', async () => {
    const output = openOutput(tmpdir());
    for (let written = 0; written < 70; written += 1) writeSync(output.fd, Buffer.alloc(1024 * 1024, 'x'));
    const text = await output.close();
    expect(output.tooMuch()).toBe(true);
    expect(text).toBe('\n[73400320 bytes after that were not read]\n');
  });
});

/** The longest time, in milliseconds, in which nothing else came to its turn. */
const longestTurn = () => {
  let [longest, last] = [0, performance.now()];
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  return {
    stop: () => {
      clearInterval(timer);
      return longest;
    },
  };
};

describe('a command that a killed session left', () => {
  test('is found by its mark while it runs, and only then', async () => {
    const mark = `session-${process.pid}/restart`;
    const abort = new AbortController();
    const running = sh('sleep 600', { mark, signal: abort.signal });
    await expect.poll(() => commandStillRunning(mark), { timeout: 30_000 }).toBe(true);
    expect(await commandStillRunning(`${mark}-2`)).toBe(false);
    abort.abort();
    await expect(running).rejects.toMatchObject({ kind: 'unknown' });
    expect(await commandStillRunning(mark)).toBe(false);
  });

  test('a server that the command started is not the command', async () => {
    const mark = `session-${process.pid}/start`;
    const { stdout } = await sh('sleep 30 & echo $!', { mark });
    expect(await commandStillRunning(mark)).toBe(false);
    process.kill(Number(stdout));
  });
});
