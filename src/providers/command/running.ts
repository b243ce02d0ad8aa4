import { readdir, readFile } from 'node:fs/promises';
import { markVariable } from './environment.ts';

/**
 * Is a command still running that a step with this mark started, in this process or in one that is gone? Only the command itself counts (it leads
 * its session), not a server that it started. `undefined` where the system does not tell (not Linux).
 */
export const commandStillRunning = async (mark: string): Promise<boolean | undefined> => {
  if (process.platform !== 'linux') return undefined;
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(processes.map((pid) => isCommandOf(pid, mark)));
  return found.includes(true);
};

const isCommandOf = async (pid: string, mark: string): Promise<boolean> => {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    if (!environment.split('\0').includes(`${markVariable}=${mark}`)) return false;
    // "pid (name) state ppid pgrp session ...": the name may hold spaces and parentheses.
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const session = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3];
    return session === pid;
  } catch {
    // It ended meanwhile, or belongs to somebody else.
    return false;
  }
};
