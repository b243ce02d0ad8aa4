import fs from 'node:fs';
import { codeOf } from '../engine/errors.ts';

/** What lies in a directory; nothing where there is none. */
export const namesIn = (directory: string): readonly string[] => {
  try {
    return fs.readdirSync(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
};
