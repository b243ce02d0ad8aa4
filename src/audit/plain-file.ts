import fs from 'node:fs';
import { readPlainFile as readBounded } from '../foreign/plain-file.ts';

/** More than `rb` writes into one file; what is larger is not taken into memory. */
const largest = 256 * 1024 * 1024;

/**
 * Reads a plain file, never through a link. A pipe, a device or a socket in its place is neither waited for nor read.
 * Errors: those of the system, or in words what is there instead.
 */
export const readPlainFile = (path: string): Buffer => readBounded(path, { largest, followLinks: false }).bytes;

/** Whether something has this name: a link that leads nowhere counts. */
export const isTaken = (path: string): boolean => fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
