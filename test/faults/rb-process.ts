import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { checkout } from '../../sandbox/state.ts';
import type { Seen } from './audit-file.ts';
import type { Moment } from './moments.ts';

export interface RbOptions {
  readonly config: string;
  /** Where this run keeps its state: `XDG_STATE_HOME`. */
  readonly state: string;
  /** Where all runs keep the compiled program: `XDG_CACHE_HOME`. */
  readonly cache: string;
}

export interface Ended {
  /** Killed by us; false where it had ended before. */
  readonly killed: boolean;
  readonly exitCode: number | null;
  /** What it told us up to its last complete line. */
  readonly told: readonly Seen[];
  readonly stderr: string;
  /** From its start to its end. */
  readonly ms: number;
}

const program = join(checkout, 'bin', 'rb.js');

/**
 * Runs the built program with `-o ndjson`, and kills it (the process itself, not what it has started) at the moment, where one
 * is given. `lifeMs`: how long it is expected to take.
 */
export const runRb = async (
  args: readonly string[],
  options: RbOptions,
  kill?: { readonly moment: Moment; readonly lifeMs: number },
): Promise<Ended> => {
  if (!existsSync(join(checkout, 'dist', 'main.js'))) throw new Error('there is no dist/main.js: npm run build');
  const began = performance.now();
  const child = spawn(process.execPath, [program, '-c', options.config, '-o', 'ndjson', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: options.state,
      XDG_STATE_HOME: options.state,
      XDG_CACHE_HOME: options.cache,
    },
  });
  const timers: NodeJS.Timeout[] = [];
  const killIn = (ms: number) => timers.push(setTimeout(() => child.kill('SIGKILL'), ms));
  if (kill?.moment.kind === 'start') killIn(kill.moment.ms);
  if (kill?.moment.kind === 'life') killIn(kill.moment.share * kill.lifeMs);
  let output = '';
  let lines = 0;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
    const before = lines;
    lines += chunk.split('\n').length - 1;
    if (kill?.moment.kind === 'event' && before < kill.moment.event && lines >= kill.moment.event)
      killIn(kill.moment.ms);
  });
  const stderr = text(child.stderr);
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  for (const timer of timers) clearTimeout(timer);
  return {
    killed: signal === 'SIGKILL',
    exitCode,
    told: output.split('\n').slice(0, -1).flatMap(event),
    stderr: await stderr,
    ms: performance.now() - began,
  };
};

/** A line as an event; other things that programs read (a verification) are passed over. */
const event = (line: string): Seen[] => {
  try {
    return [JSON.parse(line) as Seen];
  } catch {
    return [];
  }
};
