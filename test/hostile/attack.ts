import { existsSync } from 'node:fs';
import type { Ended } from '../e2e/program.ts';
import { tried } from './prove.ts';

// Everything of C0 but the line feed, C1, and what turns the writing direction or hides.
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const active = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B\u202A-\u202E\u2066-\u2069]/;
const stackTrace = /\n\s+at .+[:(]\d+/;
const documented = [0, 1, 2, 3, 4, 5, 6, 7];

/** Counts hostile strings and what was broken by them, for the table of `npm run prove`. `canary`: a file that is there where one was run. */
export const attack = (what: string, canary: string) => {
  const broken: string[] = [];
  let count = 0;

  /** What is wrong with a run; undefined where nothing is. */
  const wrong = ({ code, all }: Ended): string | undefined => {
    if (existsSync(canary)) return 'executed';
    const raw = active.exec(all);
    if (raw) return `raw byte ${raw[0].charCodeAt(0).toString(16)}`;
    if (/internal error/i.test(all) || stackTrace.test(all)) return `a fault of the program: ${all.slice(0, 400)}`;
    return documented.includes(code) ? undefined : `exit code ${code}`;
  };

  return {
    broken,
    /** `strings` of them were in a slot, and `run` is what came of it. */
    held: (strings: number, slot: string, run: Ended): void => {
      count += strings;
      const why = wrong(run);
      if (why !== undefined) broken.push(`${slot}: ${why}`);
    },
    end: (): void => tried(what, count, broken),
  };
};

/** So many runs at a time as the machine has cores for. */
export const inTwos = async <Item>(items: readonly Item[], use: (item: Item) => Promise<void>): Promise<void> => {
  const left = [...items];
  const work = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await use(item);
  };
  await Promise.all([work(), work()]);
};
