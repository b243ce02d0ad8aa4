import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import xterm from '@xterm/headless';
import { spawn } from 'node-pty';

/** A program on a real pseudo-terminal, and what a person would see on its screen. */
export interface PseudoTerminal {
  readonly pid: number;
  type(keys: string): void;
  /** Types as a person does who has seen the question first: `rb` takes nothing until the keyboard has been quiet. */
  typeAnswer(keys: string): Promise<void>;
  /** The screen without trailing blank lines. */
  screen(): string;
  /** Resolves when the screen shows `text`; the program ending before is an error. */
  shows(text: string): Promise<void>;
  /** Resolves when the screen is exactly `text`; the program ending before is an error. */
  becomes(text: string): Promise<void>;
  /** Closes the terminal under the program, as a lost connection does. */
  hangUp(): void;
  /** Waits for the end of the program and returns what it left in its answer file. */
  answer(): Promise<unknown>;
}

/** Starts `node <program> <question> <answer file> <manner>`. */
export const openPseudoTerminal = (
  program: string,
  [question, manner]: readonly [string, string?],
  size: { readonly cols: number; readonly rows: number } = { cols: 80, rows: 30 },
): PseudoTerminal => {
  const directory = mkdtempSync(join(tmpdir(), 'rb-terminal-'));
  const answerFile = join(directory, 'answer.json');
  const pty = spawn(process.execPath, [program, question, answerFile, manner ?? ''], {
    ...size,
    name: 'xterm-256color',
    env: { ...process.env, NO_COLOR: '1', CI: '', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' },
  });
  const terminal = new xterm.Terminal({ ...size, allowProposedApi: true, convertEol: false });
  const changed = new Set<() => void>();
  const notify = () => [...changed].forEach((listener) => listener());
  let ended = false;
  pty.onData((data) => terminal.write(data, notify));
  const exit = new Promise<void>((resolve) => {
    pty.onExit(() =>
      // The screen first takes in what was written last.
      terminal.write('', () => {
        ended = true;
        resolve();
        notify();
      }),
    );
  });
  const screen = () => {
    const buffer = terminal.buffer.active;
    const lines = Array.from({ length: buffer.length }, (_, row) => buffer.getLine(row)?.translateToString(true) ?? '');
    return lines.join('\n').trimEnd();
  };
  const until = (fits: (shown: string) => boolean, text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (fits(screen())) resolve();
        else if (ended) reject(new Error(`ended without showing "${text}":\n${screen()}`));
        else return;
        changed.delete(look);
      };
      changed.add(look);
      look();
    });
  return {
    pid: pty.pid,
    type: (keys) => pty.write(keys),
    typeAnswer: async (keys) => {
      // More than the 300 ms of src/terminal/asking/gate.ts.
      await setTimeout(600);
      pty.write(keys);
    },
    screen,
    shows: (text) => until((shown) => shown.includes(text), text),
    becomes: (text) => until((shown) => shown === text, text),
    hangUp: () => (pty as unknown as { destroy(): void }).destroy(),
    answer: async () => {
      await exit;
      // After a hang-up the program may outlive its terminal.
      while (isAlive(pty.pid)) await setTimeout(20);
      try {
        return JSON.parse(readFileSync(answerFile, 'utf8')) as unknown;
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
  };
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
