import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until it is so. Gives up after two minutes: it would never be so. */
export const untilTrue = async (what: string, isSo: () => Promise<boolean> | boolean): Promise<void> => {
  for (const began = performance.now(); performance.now() - began < 120_000; await sleep(20)) if (await isSo()) return;
  throw new Error(`waited in vain: ${what}`);
};
