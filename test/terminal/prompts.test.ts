import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openPseudoTerminal } from './pseudo-terminal.ts';

const program = fileURLToPath(new URL('prompt-program.ts', import.meta.url));
const ask = (question: string, manner?: string) =>
  openPseudoTerminal(program, manner === undefined ? [question] : [question, manner]);

// A real terminal and a real process: as slow as the machine is.
describe.concurrent('at a terminal', { timeout: 120_000 }, () => {
  describe('a yes or no question', () => {
    test('shows what would happen before it asks', async () => {
      const terminal = ask('yes-no');
      await terminal.shows('Do it? [y/N]');
      expect(terminal.screen()).toBe(
        `
┌─ Restart each instance ───────────────────────────────────────────────────────
│ checkout-api / sandbox
│
│ What      restart 1 instances, one after another
│            1. restart app-1 (version 1.4.0, up 3 h)
│ Target    command: app-1 (host ops-1)
│ Affects   1 of 3 instances; 2 go on serving
│ Commands  $ ./sandbox/bin/restart app-1
│ Undo      not needed: the same version starts again
│ Risk      disruptive (tier 2)
└───────────────────────────────────────────────────────────────────────────────
▸ Do it? [y/N]`,
      );
      await terminal.typeAnswer('y\r');
      expect(await terminal.answer()).toEqual({ value: true });
    });

    test.for([
      ['yes\r', true],
      ['Y\r', true],
      ['\r', false],
      ['n\r', false],
      ['yep\r', false],
      ['yes, all of them\r', false],
    ] as const)('%j means %s', async ([keys, value]) => {
      const terminal = ask('yes-no');
      await terminal.shows('Do it? [y/N]');
      await terminal.typeAnswer(keys);
      expect(await terminal.answer()).toEqual({ value });
    });

    test('one key alone does nothing until Enter', async () => {
      const terminal = ask('yes-no');
      await terminal.shows('Do it? [y/N]');
      await terminal.typeAnswer('y');
      await terminal.shows('Do it? [y/N] y');
      terminal.type('\b\u007F\r');
      expect(await terminal.answer()).toEqual({ value: false });
    });
  });

  describe('what was typed before the question', () => {
    test('does not answer it', async () => {
      const terminal = ask('yes-no', 'wait');
      await terminal.shows('working');
      terminal.type('y\ryes\r');
      await terminal.shows('yes');
      process.kill(terminal.pid, 'SIGUSR1');
      await terminal.shows('Do it? [y/N]');
      await terminal.typeAnswer('\r');
      expect(await terminal.answer()).toEqual({ value: false });
    });

    test('does not answer it when the line was not ended yet', async () => {
      const terminal = ask('type', 'wait');
      await terminal.shows('working');
      terminal.type('checkout-api/production');
      await terminal.shows('checkout-api/production');
      process.kill(terminal.pid, 'SIGUSR1');
      await terminal.shows('to do it:');
      await terminal.typeAnswer('\r');
      expect(await terminal.answer()).toEqual({ value: false });
    });

    test('does not answer it when the program has read it ahead', async () => {
      const terminal = ask('yes-no', 'read-ahead');
      await terminal.shows('working');
      terminal.type('yes\r');
      await terminal.shows('read ahead: 4');
      process.kill(terminal.pid, 'SIGUSR1');
      await terminal.shows('Do it? [y/N]');
      await terminal.typeAnswer('\r');
      expect(await terminal.answer()).toEqual({ value: false });
    });

    test('is thrown away; the answer that comes after it counts', async () => {
      const terminal = ask('yes-no', 'wait');
      await terminal.shows('working');
      terminal.type('n\rnonsense');
      await terminal.shows('nonsense');
      process.kill(terminal.pid, 'SIGUSR1');
      await terminal.shows('Do it? [y/N]');
      await terminal.typeAnswer('y\r');
      expect(await terminal.answer()).toEqual({ value: true });
    });
  });

  describe('keys that go on while the question appears', () => {
    test.for([
      ['yes-no', 'Do it? [y/N]', 'y\r', { value: false }],
      ['type', 'to do it:', 'checkout-api/production\r', { value: false }],
      ['choose', 'stop here', '\u001B[A\r', { value: null }],
      ['menu', 'rb restart --rolling', '\r', { value: null }],
    ] as const)('do not answer %s', async ([question, shown, keys, answer]) => {
      const terminal = ask(question, 'wait');
      await terminal.shows('working');
      const held = setInterval(() => terminal.type(keys), 30);
      process.kill(terminal.pid, 'SIGUSR1');
      await terminal.shows(shown);
      await sleep(1000);
      clearInterval(held);
      expect(terminal.screen()).not.toContain('answered');
      await terminal.typeAnswer(question === 'menu' ? '\u0004' : '\r');
      expect(await terminal.answer()).toEqual(answer);
    });

    test('do not answer it either when the process stood still for longer than the silence lasts', async () => {
      const terminal = ask('yes-no', 'stall');
      await terminal.shows('stalled');
      for (let times = 0; times < 5; times += 1) terminal.type('y\r');
      await sleep(4500);
      expect(terminal.screen()).not.toContain('answered');
      await terminal.typeAnswer('\r');
      expect(await terminal.answer()).toEqual({ value: false });
    });

    test.for([
      ['\u0003', { kind: 'interrupted' }],
      ['y\r\u0004', { value: false }],
    ] as const)('leave it: %j', async ([keys, answer]) => {
      const terminal = ask('yes-no', 'wait');
      await terminal.shows('working');
      const held = setInterval(() => terminal.type('y\r'), 30);
      process.kill(terminal.pid, 'SIGUSR1');
      await terminal.shows('Do it? [y/N]');
      terminal.type(keys);
      expect(await terminal.answer()).toMatchObject(answer);
      clearInterval(held);
    });
  });

  describe('a phrase to type', () => {
    test('accepts the phrase and warns of the protected environment', async () => {
      const terminal = ask('type');
      await terminal.shows('Type checkout-api/production to do it:');
      expect(terminal.screen()).toContain('│ checkout-api / production  PROTECTED ENVIRONMENT');
      await terminal.typeAnswer('checkout-api/production\r');
      expect(await terminal.answer()).toEqual({ value: true });
    });

    test.for(['yes\r', 'checkout-api\r', 'Checkout-API/production\r', 'checkout-api/production \r'])(
      '%j declines and says so',
      async (keys) => {
        const terminal = ask('type');
        await terminal.shows('to do it:');
        await terminal.typeAnswer(keys);
        expect(await terminal.answer()).toEqual({ value: false });
        expect(terminal.screen()).toContain('That is not "checkout-api/production".');
      },
    );
  });

  describe('the end', () => {
    test('Ctrl-D declines', async () => {
      const terminal = ask('yes-no');
      await terminal.shows('Do it? [y/N]');
      terminal.type('\u0004');
      expect(await terminal.answer()).toEqual({ value: false });
      expect(terminal.screen()).toContain('End of input.');
    });

    test('Ctrl-D declines even after a yes that was not sent', async () => {
      const terminal = ask('yes-no');
      await terminal.shows('Do it? [y/N]');
      await terminal.typeAnswer('y\u0004');
      expect(await terminal.answer()).toEqual({ value: false });
    });

    test('Ctrl-C interrupts', async () => {
      const terminal = ask('yes-no');
      await terminal.shows('Do it? [y/N]');
      terminal.type('\u0003');
      expect(await terminal.answer()).toMatchObject({ kind: 'interrupted' });
    });

    test('a lost connection declines', async () => {
      const terminal = ask('yes-no');
      await terminal.shows('Do it? [y/N]');
      terminal.hangUp();
      expect(await terminal.answer()).toEqual({ value: false });
    });

    test('the engine can cancel an open question', async () => {
      const terminal = ask('yes-no', 'cancel');
      await terminal.shows('Do it? [y/N]');
      process.kill(terminal.pid, 'SIGUSR1');
      expect(await terminal.answer()).toEqual({ kind: 'interrupted', message: 'the lock was lost' });
    });
  });

  test('a hostile name cannot move the cursor, imitate the frame or the question', async () => {
    const terminal = ask('hostile');
    await terminal.shows('\n▸ Do it? [y/N]');
    const lines = terminal.screen().split('\n');
    const [blank, top, ...rest] = lines;
    const question = rest.pop();
    const bottom = rest.pop();
    expect(blank).toBe('');
    expect(top).toMatch(/^┌─ ␛\[2J␛\[H└────␍␊Do it\? \[y\/N\] y\\u\{202e\}/);
    expect(bottom).toBe(`└${'─'.repeat(79)}`);
    expect(question).toBe('▸ Do it? [y/N]');
    expect(rest.filter((line) => !line.startsWith('│'))).toEqual([]);
    await terminal.typeAnswer('\r');
    expect(await terminal.answer()).toEqual({ value: false });
  });

  describe('a decision', () => {
    test('shows the advice, and Enter alone decides nothing', async () => {
      const terminal = ask('choose');
      await terminal.shows('stop here');
      expect(terminal.screen()).toContain('Advice: Roll back to 1.3.9, because the errors began with the deployment');
      await terminal.typeAnswer('\r');
      expect(await terminal.answer()).toEqual({ value: null });
    });

    test('returns the option that was moved to', async () => {
      const terminal = ask('choose');
      await terminal.shows('▸ stop here');
      await terminal.typeAnswer('\u001B[A');
      await terminal.shows('▸ Wait and watch');
      terminal.type('\r');
      expect(await terminal.answer()).toEqual({ value: 'wait' });
    });
  });

  test('an option that is not available says why, and cannot be chosen', async () => {
    const terminal = ask('unavailable');
    await terminal.shows('▸ stop here');
    expect(terminal.screen()).toContain('Restart it (not available: no workload␛[2J is configured)');
    await terminal.typeAnswer('\u001B[A');
    await terminal.shows('▸ Restart it (not available');
    terminal.type('\r');
    await terminal.shows('cannot be selected');
    terminal.type('\u001B[A');
    await terminal.shows('▸ Wait and watch');
    terminal.type('\r');
    expect(await terminal.answer()).toEqual({ value: 'wait' });
  });

  test('a step for a person is done or skipped, with a note', async () => {
    const terminal = ask('acknowledge');
    await terminal.shows('▸ stop here');
    expect(terminal.screen()).toContain('For you to do: Call the bank\n  Ask whether\n  the gateway is down');
    await terminal.typeAnswer('1');
    await terminal.shows('▸ done');
    terminal.type('\r');
    await terminal.shows('A note for the record');
    await terminal.typeAnswer('they know\r');
    expect(await terminal.answer()).toEqual({ value: { answer: 'done', note: 'they know' } });
  });

  describe('the menu', () => {
    test('finds by any word and returns the command', async () => {
      const terminal = ask('menu');
      await terminal.shows('rb restart --rolling');
      await terminal.typeAnswer('endpoints');
      await terminal.shows('▸ 4    Health   rb health');
      terminal.type('\r');
      expect(await terminal.answer()).toEqual({ value: 'rb health' });
    });

    test('Ctrl-D leaves it', async () => {
      const terminal = ask('menu');
      await terminal.shows('rb restart --rolling');
      terminal.type('\u0004');
      expect(await terminal.answer()).toEqual({ value: null });
    });
  });
});
