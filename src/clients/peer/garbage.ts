import { limits } from './limits.ts';

let left = 0;
let collect: (() => void) | undefined;

/** Counts what was read and is not needed for long. Bytes, or characters. */
export const leaveGarbage = (length: number): void => {
  left += length;
};

/**
 * Frees it, where it is more than `limits.garbage`, and gives the room for it back. V8 by itself lets a heap grow to several times of what
 * is in use: five lists of 24 MiB, page after page, took 2 GB. Costs some 50 ms.
 */
export const collectGarbage = (): void => {
  if (left < limits.garbage) return;
  left = 0;
  collect ??= exposed();
  collect();
};

/** Node shows it to a program that was started with a flag, or that asks for it: https://nodejs.org/api/v8.html#v8setflagsfromstringflags */
const exposed = (): (() => void) => {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  setFlagsFromString('--expose-gc');
  const gc: unknown = process.getBuiltinModule('node:vm').runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  return () => (typeof gc === 'function' ? gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }) : undefined);
};
