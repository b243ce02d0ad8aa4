import { createHash } from 'node:crypto';

/** In hex. Loading it takes a fifth of the time of a short command, so those that need no hash load it on demand. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
