import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ended } from '../../e2e/program.ts';
import { newDirectory, type Operator } from '../../e2e/rig.ts';

const preload = fileURLToPath(new URL('peak.cjs', import.meta.url));

/** Above it the machine would suffer with `rb`. */
const endAboveMiB = 1000;

export interface Peak extends Ended {
  /** The most memory that the process had at once: its resident set, in MiB. */
  readonly peakMiB: number;
}

/** Runs `rb <line>` and measures it; one that grows above 1000 MiB is ended, and the promise is rejected. */
export const peakOf = async (operator: Operator, line: string): Promise<Peak> => {
  const file = join(newDirectory(), 'peak');
  const running = operator.start(line, { env: { NODE_OPTIONS: `--require=${preload}`, RB_PEAK: file } });
  const guard = setInterval(() => {
    if (residentMiB(running.pid) > endAboveMiB) running.signal('SIGKILL');
  }, 20);
  const ended = await running.ended.finally(() => clearInterval(guard));
  return { ...ended, peakMiB: Number(readFileSync(file, 'utf8')) / 1024 };
};

const pagesInMiB = 256;
const residentMiB = (pid: number): number => {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) / pagesInMiB;
  } catch {
    // It has just ended.
    return 0;
  }
};
