import { codeOf } from '../../engine/errors.ts';
import { collectGarbage, leaveGarbage } from '../peer/garbage.ts';
import { inBytes, limits } from '../peer/limits.ts';
import { UnusableAnswer } from '../peer/unusable.ts';
import type { Incoming } from './transport.ts';

/**
 * All of it, as text. `large` is waited for before more than `limits.http.small` of it is read.
 * Errors: `UnusableAnswer` where it is longer than `most` bytes, also once it is unpacked.
 */
export const textOf = async (
  answer: Incoming,
  { most = limits.http.bytes, large }: { readonly most?: number; readonly large?: () => Promise<void> } = {},
): Promise<string> => {
  const pieces: Buffer[] = [];
  let length = 0;
  let isLarge = false;
  for await (const chunk of atMost(plainChunks(answer), most)) {
    pieces.push(chunk);
    length += chunk.length;
    leaveGarbage(chunk.length);
    if (isLarge || length <= limits.http.small) continue;
    isLarge = true;
    await large?.();
    collectGarbage();
  }
  return new TextDecoder().decode(Buffer.concat(pieces));
};

const plainChunks = (answer: Incoming): AsyncIterable<Buffer> =>
  answer.headers['content-encoding'] === 'gzip' ? unzipped(answer.chunks()) : answer.chunks();

const unzipped = async function* (packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const { createGunzip } = await import('node:zlib');
  const { pipeline } = await import('node:stream');
  // What goes wrong with either of them is thrown where it is read.
  const plain: AsyncIterable<Buffer> = pipeline(packed, createGunzip(), () => undefined);
  try {
    yield* plain;
  } catch (error) {
    if (codeOf(error)?.startsWith('Z_')) throw new UnusableAnswer('answers with gzip that cannot be unpacked');
    throw error;
  }
};

const atMost = async function* (chunks: AsyncIterable<Buffer>, most: number): AsyncGenerator<Buffer, void> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > most) throw new UnusableAnswer(`answers with more than ${inBytes(most)}`);
    yield chunk;
  }
};

/** Of an answer that says no; empty where it is too long to be one. */
export const errorTextOf = async (answer: Incoming): Promise<string> => {
  try {
    return await textOf(answer, { most: limits.http.errorBytes });
  } catch (error) {
    if (error instanceof UnusableAnswer) return '';
    throw error;
  }
};

/** The end of it: what came before the last `bytes` is let go of as it comes. Begins with a whole line where it was cut. Errors: as `textOf`. */
export const endOf = async (answer: Incoming, bytes: number): Promise<string> => {
  const chunks: Buffer[] = [];
  let held = 0;
  let cut = false;
  for await (const chunk of atMost(answer.chunks(), limits.http.bytes)) {
    chunks.push(chunk);
    held += chunk.length;
    for (let first = chunks[0]; first && held - first.length >= bytes; first = chunks[0]) {
      chunks.shift();
      held -= first.length;
      cut = true;
    }
  }
  const text = Buffer.concat(chunks).toString('utf8');
  return cut ? text.slice(text.indexOf('\n') + 1) : text;
};

/**
 * Lines of a text that comes in pieces, which may end anywhere: within a line, within a character. The last is left out where it
 * has no end. Errors: `UnusableAnswer` for a line that is longer than `limits.http.line`.
 */
export const linesOf = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const [first = '', ...rest] = decoder.decode(chunk, { stream: true }).split('\n');
    parts.push(first);
    length += first.length;
    if (length > limits.http.line)
      throw new UnusableAnswer(`answers with a line of more than ${inBytes(limits.http.line)}`);
    for (const part of rest) {
      yield parts.join('');
      parts = [part];
      ({ length } = part);
    }
  }
};
