import { readFile } from 'node:fs/promises';
import { markVariable } from './environment.ts';
import { processesMarked } from './marked.ts';

/**
 * Is a command still running that a step with this mark started, in this process or in one that is gone? Only the command itself counts (it leads
 * its session), not a server that it started. `undefined` where the system does not tell (not Linux).
 */
export const commandStillRunning = async (mark: string): Promise<boolean | undefined> => {
  const processes = await processesMarked(markVariable, mark);
  return processes && (await Promise.all(processes.map(leadsSession))).includes(true);
};

const leadsSession = async (pid: number): Promise<boolean> => {
  try {
    // "pid (name) state ppid pgrp session ...": the name may hold spaces and parentheses.
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const session = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3];
    return session === String(pid);
  } catch {
    // It ended meanwhile.
    return false;
  }
};
