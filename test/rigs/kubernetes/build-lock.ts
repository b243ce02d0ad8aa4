import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Does the work while this process alone holds the lock file. Waits for another process; the lock of one that has ended is taken over. */
export const withBuildLock = async (
  path: string,
  say: (text: string) => void,
  work: () => void | Promise<void>,
): Promise<void> => {
  mkdirSync(dirname(path), { recursive: true });
  let said = false;
  while (!take(path)) {
    if (!holderRuns(path)) {
      rmSync(path, { force: true });
      continue;
    }
    if (!said) say('another process builds; waiting for it');
    said = true;
    await sleep(500);
  }
  try {
    await work();
  } finally {
    rmSync(path, { force: true });
  }
};

const take = (path: string): boolean => {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
};

const holderRuns = (path: string): boolean => {
  try {
    process.kill(Number(readFileSync(path, 'utf8')), 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
