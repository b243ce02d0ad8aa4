import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../../engine/clock.ts';
import { processesMarked } from './marked.ts';

/** Sends a signal to a process, or to a group where the number is negative. Returns whether there is one that can get it. */
const send = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
};

/** Ends a process group: TERM, and KILL to what is left after `graceMs`. Resolves when nothing of it is left to wait for. */
export const endGroup = (pid: number, graceMs: number): Promise<void> => endEach([-pid], graceMs);

/** The same for one process alone. */
export const endProcess = (pid: number, graceMs: number): Promise<void> => endEach([pid], graceMs);

const endEach = async (pids: readonly number[], graceMs: number): Promise<void> => {
  let left = pids.filter((pid) => send(pid, 'SIGTERM'));
  const deadline = monotonicMs() + graceMs;
  while (left.length > 0 && monotonicMs() < deadline) {
    // oxlint-disable-next-line no-await-in-loop -- it is looked again and again
    await sleep(50);
    left = left.filter((pid) => send(pid, 0));
  }
  for (const pid of left) send(pid, 'SIGKILL');
};

const variable = 'RB_READ';

/**
 * What marks a command that only reads: nothing that it starts is meant to stay, so all of it is ended with it, also what has left its
 * process group. What a change starts may be the new instance itself, and is left alone.
 */
export interface ReadMark {
  readonly environment: Readonly<Record<string, string>>;
  readonly end: (pid: number, graceMs: number) => Promise<void>;
}

export const newReadMark = (): ReadMark => {
  const value = randomUUID();
  return {
    environment: { [variable]: value },
    end: async (pid, graceMs) => {
      await endGroup(pid, graceMs);
      await endEach((await processesMarked(variable, value)) ?? [], graceMs);
    },
  };
};

/** The groups of the programs that only read and run now: one list and one listener for the process, as there is one end of it. */
const running = new Set<number>();
const endRunning = (): void => {
  for (const pid of running) send(-pid, 'SIGKILL');
};

/** A read has no use without its reader: however `rb` ends, but for a kill, the group ends with it. Returns the function that forgets it. */
export const endWithRb = (pid: number): (() => void) => {
  if (running.size === 0) process.on('exit', endRunning);
  running.add(pid);
  return () => {
    running.delete(pid);
    if (running.size === 0) process.off('exit', endRunning);
  };
};
