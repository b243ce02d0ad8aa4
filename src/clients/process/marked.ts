import { readdir, readFile } from 'node:fs/promises';

/**
 * The processes whose environment has a variable with this value, this one left out: what a command started inherits it, whatever
 * process group it is in. A process that was given another environment is not found. Undefined where the system does not tell (not Linux).
 */
export const processesMarked = async (variable: string, value: string): Promise<readonly number[] | undefined> => {
  if (process.platform !== 'linux') return undefined;
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(
    all.map(async (pid) => ((await isMarked(pid, `${variable}=${value}`)) ? [Number(pid)] : [])),
  );
  return found.flat();
};

const isMarked = async (pid: string, mark: string): Promise<boolean> => {
  try {
    return (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').includes(mark);
  } catch {
    // It ended meanwhile, or belongs to another user.
    return false;
  }
};
