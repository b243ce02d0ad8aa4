import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { command, critical, dim, multiline, ok } from '../../src/terminal/text.ts';
import { captured } from './streams.ts';

describe('the sink', () => {
  test('data goes to standard output, everything for the person to standard error', async () => {
    const { terminal, stdout, stderr } = await captured();
    terminal.data(['a ', ok('b')]);
    terminal.say('c');
    terminal.alert('d');
    await terminal.flush();
    expect([stdout(), stderr()]).toEqual(['a b\n', 'c\nd\n']);
  });

  test('quiet keeps data and what must be seen', async () => {
    const { terminal, stdout, stderr } = await captured({ quiet: true });
    terminal.data('a');
    terminal.say('c');
    terminal.alert('d');
    expect([stdout(), stderr()]).toEqual(['a\n', 'd\n']);
  });

  test('redacts and neutralises on every way out', async () => {
    const { terminal, stdout, stderr } = await captured();
    terminal.data(['p=', critical('hunter2\u001B[2J')]);
    terminal.say('hunter2\nnot a new line');
    terminal.document('one\thunter2\ntwo\u001B[1A');
    terminal.json({ password: 'hunter2', name: '\u202Ex' });
    terminal.ndjson({ password: 'hunter2' });
    expect(stdout()).toBe(
      [
        'p=‹secret:password›␛[2J',
        'one\t‹secret:password›',
        'two␛[1A',
        '{',
        '  "password": "‹secret:password›",',
        '  "name": "\\u202ex"',
        '}',
        '{"password":"‹secret:password›"}',
        '',
      ].join('\n'),
    );
    expect(stderr()).toBe('‹secret:password›␊not a new line\n');
  });

  test('later lines of a text are set in', async () => {
    const { terminal, stderr } = await captured();
    terminal.say(multiline('it failed\n$ rm -rf'));
    expect(stderr()).toBe('it failed\n  $ rm -rf\n');
  });

  test('one stream that breaks does not end the other', async () => {
    const { terminal, stderr, streams } = await captured();
    streams.stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    await new Promise(setImmediate);
    terminal.data('nobody reads this');
    terminal.say('still here');
    await terminal.flush();
    expect(stderr()).toBe('still here\n');
  });

  test('a full disk is told', async () => {
    const { terminal, stderr, streams } = await captured();
    streams.stdout.destroy(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));
    await new Promise(setImmediate);
    terminal.data('lost');
    expect(stderr()).toBe('rb: standard output: ENOSPC: no space left\n');
  });

  test('a reader that goes away ends a real process quietly', () => {
    const sink = fileURLToPath(new URL('../../src/terminal/sink.ts', import.meta.url));
    const program = `
      import { createTerminal } from ${JSON.stringify(sink)};
      const { stdin, stdout, stderr, env } = process;
      const redactor = { redact: (text) => text, redactJson: (value) => value, known: () => undefined };
      const terminal = await createTerminal({ stdin, stdout, stderr, env, redactor });
      for (let line = 0; line < 50000; line += 1) terminal.data('line ' + line);
      await terminal.flush();
      terminal.alert('came to its end');`;
    const node = JSON.stringify(process.execPath);
    const ended = spawnSync('sh', ['-c', `${node} --input-type=module - | head -n 1`], {
      input: program,
      encoding: 'utf8',
    });
    expect([ended.stdout, ended.stderr]).toEqual(['line 0\n', 'came to its end\n']);
  });
});

const shows = async (env: Readonly<Record<string, string>>, columns?: number, color?: boolean) => {
  const { terminal, stderr } = await captured({
    env,
    ...(columns === undefined ? {} : { columns }),
    ...(color === undefined ? {} : { color }),
  });
  terminal.say([ok('a'), dim('b'), command('c')]);
  return stderr();
};

describe('colour', () => {
  const colored = '\u001B[32ma\u001B[39m\u001B[2mb\u001B[22m\u001B[36mc\u001B[39m\n';

  test('at a terminal', async () => expect(await shows({ TERM: 'xterm' }, 80)).toBe(colored));
  test('not in a pipe', async () => expect(await shows({ TERM: 'xterm' })).toBe('abc\n'));
  test('not at a dumb terminal', async () => expect(await shows({ TERM: 'dumb' }, 80)).toBe('abc\n'));
  test('not with NO_COLOR', async () => expect(await shows({ NO_COLOR: '1', FORCE_COLOR: '1' }, 80)).toBe('abc\n'));
  test('not with --no-color', async () => expect(await shows({ FORCE_COLOR: '1' }, 80, false)).toBe('abc\n'));
  test('in a pipe with FORCE_COLOR', async () => expect(await shows({ FORCE_COLOR: '1' })).toBe(colored));
});

describe('what is known of the terminal', () => {
  test('its width; without one 80 for the person, and no limit for data', async () => {
    const wide = await captured({ columns: 200 });
    const piped = await captured();
    expect([wide.terminal.width, wide.terminal.dataWidth]).toEqual([200, 200]);
    expect([piped.terminal.width, piped.terminal.dataWidth]).toEqual([80, Number.POSITIVE_INFINITY]);
  });

  test.for([
    [{}, '✓'],
    [{ LANG: 'de_DE.UTF-8' }, '✓'],
    [{ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, '+'],
    [{ LANG: 'de_DE.ISO-8859-1' }, '+'],
  ] as const)('its characters: %j', async ([env, mark]) => {
    const { terminal } = await captured({ env });
    expect(terminal.symbols.mark.ok).toBe(mark);
  });

  test.for([
    [{}, true],
    [{ CI: 'true' }, false],
    [{ TERM: 'dumb' }, false],
  ] as const)('whether somebody can be asked: %j', async ([env, interactive]) => {
    const { streams } = await captured({ columns: 80 });
    const { createTerminal } = await import('../../src/terminal/sink.ts');
    const stdin = Object.assign(streams.stdin, { isTTY: true });
    const redactor = { redact: (text: string) => text, redactJson: <T>(value: T) => value, known: () => undefined };
    const terminal = await createTerminal({ ...streams, stdin, env, redactor });
    expect(terminal.interactive).toBe(interactive);
  });
});
