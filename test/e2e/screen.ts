import { setTimeout as sleep } from 'node:timers/promises';
import xterm from '@xterm/headless';
import { spawn } from 'node-pty';
import type { Surroundings } from './program.ts';

/** A program on a real pseudo-terminal, and what a person would see on its screen. */
export interface Session {
  readonly pid: number;
  type(keys: string): void;
  /** Types as a person does who has seen the question first: `rb` takes nothing until the keyboard has been quiet. */
  answer(keys: string): Promise<void>;
  /** Everything that was on the screen, lines that the terminal has wrapped put together again. */
  screen(): string;
  /** The lines that were too long for the screen. */
  tooLong(): readonly string[];
  /** The bytes that the program has written. */
  bytes(): string;
  /** Resolves when the screen shows `text`; the program ending before is an error. */
  shows(text: string): Promise<void>;
  /** Resolves at the next change of the screen; the program ending is an error. */
  changes(): Promise<void>;
  /** Closes the terminal under the program, as a lost connection does. */
  hangUp(): void;
  /** The exit code, when the process is gone. */
  readonly ended: Promise<number>;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A guard against waiting for ever, not a measure of speed: it is there to show what is on the screen instead. */
const patienceMs = 120_000;

/** More than the 300 ms of src/terminal/asking/gate.ts. */
const thoughtMs = 600;

export const keys = {
  enter: '\r',
  ctrlC: '\u0003',
  ctrlD: '\u0004',
} as const;

/** Starts a program on a pseudo-terminal of its own. */
export const openSession = (
  program: string,
  args: readonly string[],
  { env, cwd }: Surroundings,
  { columns, rows }: Size,
): Session => {
  const pty = spawn(program, [...args], { cols: columns, rows, cwd, env, name: env['TERM'] ?? 'xterm-256color' });
  const terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 5000, allowProposedApi: true });
  const changed = new Set<() => void>();
  const notify = () => [...changed].forEach((listener) => listener());
  let [bytes, gone] = ['', false];
  pty.onData((data) => {
    bytes += data;
    terminal.write(data, notify);
  });
  const ended = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode }) => {
      gone = true;
      // What it has written last is on the screen only when the terminal has taken it.
      terminal.write('', () => {
        notify();
        resolve(exitCode);
      });
    });
  }).then(async (code) => {
    while (isAlive(pty.pid)) await sleep(20);
    return code;
  });
  const screen = () => screenOf(terminal);
  const changes = () =>
    new Promise<void>((resolve, reject) => {
      if (gone) return reject(new Error(`the program has ended:\n${screen()}`));
      const settle = (result: () => void) => () => {
        changed.delete(once);
        clearTimeout(guard);
        result();
      };
      const once = settle(resolve);
      const guard = setTimeout(
        settle(() => reject(new Error(`nothing new on the screen for minutes:\n${screen()}`))),
        patienceMs,
      );
      changed.add(once);
    });
  return {
    pid: pty.pid,
    type: (text) => pty.write(text),
    answer: async (text) => {
      await sleep(thoughtMs);
      pty.write(text);
    },
    screen,
    tooLong: () => wrapped(terminal),
    bytes: () => bytes,
    shows: async (text) => {
      while (!screen().includes(text)) {
        if (gone) throw new Error(`ended without showing "${text}":\n${screen()}`);
        await changes();
      }
    },
    changes,
    hangUp: () => (pty as unknown as { destroy(): void }).destroy(),
    ended,
  };
};

const screenOf = (terminal: xterm.Terminal): string => {
  const buffer = terminal.buffer.active;
  const lines: string[] = [];
  for (let row = 0; row < buffer.length; row++) {
    const line = buffer.getLine(row);
    const continues = buffer.getLine(row + 1)?.isWrapped === true;
    const text = line?.translateToString(!continues) ?? '';
    if (line?.isWrapped === true) lines.push((lines.pop() ?? '') + text);
    else lines.push(text);
  }
  return lines.join('\n').trimEnd();
};

const wrapped = (terminal: xterm.Terminal): readonly string[] => {
  const buffer = terminal.buffer.active;
  const lines = Array.from({ length: buffer.length }, (_, row) => buffer.getLine(row));
  return lines.flatMap((line) => (line?.isWrapped === true ? [line.translateToString(true)] : []));
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
