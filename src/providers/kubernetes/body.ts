import type { Incoming } from './transport.ts';

/** All of it, as text. */
export const textOf = async (answer: Incoming): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of answer.chunks()) chunks.push(chunk);
  const [only] = chunks;
  const bytes = chunks.length === 1 && only ? only : Buffer.concat(chunks);
  return answer.headers['content-encoding'] === 'gzip' ? unzipped(bytes) : bytes.toString('utf8');
};

const unzipped = async (bytes: Buffer): Promise<string> => {
  const { gunzip } = await import('node:zlib');
  return new Promise((resolve, reject) =>
    gunzip(bytes, (error, plain) => (error ? reject(error) : resolve(plain.toString('utf8')))),
  );
};

/** The end of it: what came before the last `bytes` is let go of as it comes. Begins with a whole line where it was cut. */
export const endOf = async (answer: Incoming, bytes: number): Promise<string> => {
  const chunks: Buffer[] = [];
  let held = 0;
  let cut = false;
  for await (const chunk of answer.chunks()) {
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

/** Lines of a text that comes in pieces, which may end anywhere: within a line, within a character. The last is left out where it has no end. */
export const linesOf = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  for await (const chunk of chunks) {
    const [first = '', ...rest] = decoder.decode(chunk, { stream: true }).split('\n');
    parts.push(first);
    for (const part of rest) {
      yield parts.join('');
      parts = [part];
    }
  }
};
