import fs from 'node:fs';
import { codeOf } from '../engine/errors.ts';

/** The entries of a directory; empty if it does not exist. */
export const namesIn = (directory: string): readonly string[] => {
  try {
    return fs.readdirSync(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
};
