import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Notes the id of a process of the sandbox in `<runtime>/pids`, so that it is found after a crash of the supervisor. */
export const notePid = (runtime: string, name: string, pid: number): void => {
  mkdirSync(join(runtime, 'pids'), { recursive: true });
  writeFileSync(join(runtime, 'pids', name), String(pid));
};

/** Takes the note back after the process has ended. */
export const forgetPid = (runtime: string, name: string): void => {
  rmSync(join(runtime, 'pids', name), { force: true });
};

/** The processes of the sandbox that are noted and still run. */
export const notedProcesses = (runtime: string): { name: string; pid: number }[] => {
  let names: string[];
  try {
    names = readdirSync(join(runtime, 'pids'));
  } catch {
    return [];
  }
  return names
    .map((name) => ({ name, pid: Number(readFileSync(join(runtime, 'pids', name), 'utf8')) }))
    .filter(({ pid }) => isOurs(pid, runtime));
};

/**
 * Whether this process runs and belongs to the sandbox with this runtime directory. A process id alone proves nothing, since ids
 * are used again; the unique name of the runtime directory in the command line does.
 */
export const isOurs = (pid: number, runtime: string): boolean =>
  Number.isSafeInteger(pid) && pid > 1 && commandLine(pid).includes(runtime);

const commandLine = (pid: number): string => {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8');
    return execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
};

/** Asks the process to end, waits, and kills it where it has not ended in `patienceMs`. Touches nothing that is not ours. */
export const endProcess = async (
  pid: number,
  runtime: string,
  { signal = 'SIGTERM', patienceMs = 10_000 }: { signal?: NodeJS.Signals; patienceMs?: number } = {},
): Promise<void> => {
  send(pid, runtime, signal);
  if (await endedWithin(pid, runtime, patienceMs)) return;
  send(pid, runtime, 'SIGKILL');
  await endedWithin(pid, runtime, patienceMs);
};

/** Waits until the process has ended; false where it still runs after `ms`. */
export const endedWithin = async (pid: number, runtime: string, ms: number): Promise<boolean> => {
  const deadline = performance.now() + ms;
  while (isOurs(pid, runtime)) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
};

const send = (pid: number, runtime: string, signal: NodeJS.Signals): void => {
  if (!isOurs(pid, runtime)) return;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
};
