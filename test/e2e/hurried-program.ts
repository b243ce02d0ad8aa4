import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { checkout } from './program.ts';
import { newDirectory } from './rig.ts';

let built: Promise<string> | undefined;

/** The path of `hurried.ts` as a program that starts as quickly as the built one. Built once in each file of tests. */
export const hurriedProgram = (): Promise<string> => (built ??= build());

const build = async (): Promise<string> => {
  const dir = newDirectory();
  const bundle = await rolldown({
    input: join(checkout, 'test', 'e2e', 'hurried.ts'),
    platform: 'node',
    logLevel: 'silent',
  });
  await bundle.write({ dir, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' });
  await bundle.close();
  return join(dir, 'hurried.mjs');
};
