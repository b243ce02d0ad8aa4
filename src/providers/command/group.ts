import { setTimeout as sleep } from 'node:timers/promises';

const signalGroup = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
};

/** Ends a process group: TERM, and KILL to what is left after `graceMs`. Resolves when nothing of it is left to wait for. */
export const endGroup = async (pid: number, graceMs: number): Promise<void> => {
  if (!signalGroup(pid, 'SIGTERM')) return;
  const deadline = performance.now() + graceMs;
  while (performance.now() < deadline) {
    await sleep(50);
    if (!signalGroup(pid, 0)) return;
  }
  signalGroup(pid, 'SIGKILL');
};
