import { hostname, userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../engine/clock.ts';
import type { Clock } from '../engine/clock.ts';
import type { Actor } from '../engine/session/events.ts';

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: monotonicMs,
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};

/** Who runs this. Behind sudo it is the person, not root. */
export const systemActor = (env: Readonly<Record<string, string | undefined>>): Actor => {
  const uid = process.getuid?.() ?? -1;
  const account = accountName() ?? `uid ${uid}`;
  const person = uid === 0 ? env['SUDO_USER'] : undefined;
  return { uid, login: person === undefined ? account : `${person} (as ${account})`, host: hostname() };
};

/** A container may run under a uid that has no name: then asking for it throws. */
export const accountName = (): string | undefined => {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
};
