import { inBytes, limits } from '../peer/limits.ts';
import { UnusableAnswer } from '../peer/unusable.ts';
import type { Incoming } from './transport.ts';

/** All of it, as text. Errors: `UnusableAnswer` where it is longer than `most` bytes, also once it is unpacked. */
export const textOf = async (answer: Incoming, most: number = limits.http.bytes): Promise<string> => {
  const chunks = atMost(answer.chunks(), most);
  if (answer.headers['content-encoding'] === 'gzip') {
    const packed: Buffer[] = [];
    for await (const chunk of chunks) packed.push(chunk);
    return unzipped(packed, most);
  }
  // Piece by piece: all the bytes and all the text at once would take the memory twice.
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
};

const atMost = async function* (chunks: AsyncIterable<Buffer>, most: number): AsyncGenerator<Buffer, void> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > most) throw tooLong(most);
    yield chunk;
  }
};

/** Of an answer that says no; empty where it is too long to be one. */
export const errorTextOf = async (answer: Incoming): Promise<string> => {
  try {
    return await textOf(answer, limits.http.errorBytes);
  } catch (error) {
    if (error instanceof UnusableAnswer) return '';
    throw error;
  }
};

const tooLong = (most: number) => new UnusableAnswer(`answers with more than ${inBytes(most)}`);

const unzipped = async (chunks: readonly Buffer[], most: number): Promise<string> => {
  const { gunzip } = await import('node:zlib');
  return new Promise((resolve, reject) =>
    gunzip(Buffer.concat(chunks), { maxOutputLength: most }, (error, plain) => {
      if (!error) resolve(plain.toString('utf8'));
      else if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') reject(tooLong(most));
      else reject(new UnusableAnswer('answers with gzip that cannot be unpacked'));
    }),
  );
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
