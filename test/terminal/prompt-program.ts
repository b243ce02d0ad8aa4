// Runs one prompt on a real terminal for prompts.test.ts:
//   prompt-program.ts <question> <file for the answer> [wait | read-ahead | cancel | stall]
// With `wait` and `read-ahead` the prompt begins at SIGUSR1; with `read-ahead` the stream has read by then.
// With `stall` the process stands still for seconds while the question is young, as on a busy machine.
// With `cancel` a SIGUSR1 aborts the open prompt.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { messageOf, RunbookError } from '../../src/engine/errors.ts';
import { chooseFromMenu } from '../../src/terminal/asking/menu.ts';
import { createPrompts } from '../../src/terminal/asking/prompts.ts';
import { createTerminal } from '../../src/terminal/sink.ts';
import { production, requestFor, restartOf, sandbox } from './session.ts';
import { hunter2 } from './streams.ts';

const [question = '', answerFile = '', manner = ''] = process.argv.slice(2);
// The caller decides what a hang-up means; here: look at what the prompt makes of it.
process.on('SIGHUP', () => undefined);

const { stdin, stdout, stderr, env } = process;
const terminal = await createTerminal({ stdin, stdout, stderr, env: { ...env, CI: '' }, redactor: hunter2 });
const cancel = new AbortController();
const prompts = createPrompts(terminal, { signal: cancel.signal });

const hostile = '\u001B[2J\u001B[H└────\r\nDo it? [y/N] y\u202E\u009B1A';

const questions: Record<string, () => Promise<unknown>> = {
  'yes-no': () => prompts.confirm(requestFor(sandbox, [restartOf('app-1')]), { kind: 'yes-no' }),
  type: () =>
    prompts.confirm(requestFor(production, [restartOf('app-1')]), { kind: 'type', phrase: 'checkout-api/production' }),
  hostile: () =>
    prompts.confirm(
      { ...requestFor(sandbox, [{ ...restartOf(hostile), undo: hostile.repeat(5) }]), title: hostile },
      { kind: 'yes-no' },
    ),
  choose: () =>
    prompts.choose({
      title: 'What next',
      question: 'The error rate rose after the deployment',
      options: [
        { id: 'rollback', title: 'Roll back to 1.3.9' },
        { id: 'wait', title: 'Wait and watch' },
      ],
      advice: { option: 'rollback', because: 'the errors began with the deployment' },
    }),
  unavailable: () =>
    prompts.choose({
      title: 'What next',
      question: 'web-2 is busy',
      options: [
        { id: 'wait', title: 'Wait and watch' },
        { id: 'restart', title: 'Restart it', unavailable: 'no workload\u001B[2J is configured' },
      ],
    }),
  acknowledge: () => prompts.acknowledge({ title: 'Call the bank', instruction: 'Ask whether\nthe gateway is down' }),
  menu: () =>
    chooseFromMenu(terminal, [
      { section: '2.1', title: 'Restart', command: 'rb restart --rolling', summary: 'One instance after another' },
      { section: '4', title: 'Health', command: 'rb health', summary: 'All endpoints' },
    ]),
};

const begin = once(process, 'SIGUSR1');
// A waiting signal handler does not keep a process alive.
const alive = setInterval(() => undefined, 60_000);
if (manner === 'read-ahead') stdin.on('readable', () => stderr.write(`read ahead: ${stdin.readableLength}\r\n`));
if (manner === 'wait' || manner === 'read-ahead') {
  stderr.write('working\n');
  await begin;
  stdin.removeAllListeners('readable');
}
if (manner === 'cancel')
  process.once('SIGUSR1', () => cancel.abort(new RunbookError('interrupted', 'the lock was lost')));

if (manner === 'stall') {
  const stall = () => {
    stderr.write('stalled\r\n');
    const end = performance.now() + 4000;
    while (performance.now() < end);
  };
  const write = stderr.write.bind(stderr);
  const asks = (text: string) => {
    // Within the time in which the keyboard has to be quiet.
    if (text.includes('[y/N]')) {
      stderr.write = write;
      setTimeout(() => setImmediate(stall), 100);
    }
    return write(text);
  };
  stderr.write = asks;
}

const ask = questions[question];
const answer = await (ask?.() ?? Promise.reject(new Error(`no question ${question}`))).then(
  (value) => ({ value: value ?? null }),
  (error: unknown) => ({ kind: error instanceof RunbookError ? error.kind : 'fault', message: messageOf(error) }),
);
writeFileSync(answerFile, JSON.stringify(answer));
terminal.say('answered');
clearInterval(alive);
