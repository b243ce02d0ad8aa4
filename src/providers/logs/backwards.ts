import type { FileHandle } from 'node:fs/promises';

const chunkBytes = 64 * 1024;
/** Kept of a line, in bytes from its beginning: a line may have 10 MB. Not less than a chunk. */
const lineBytes = 64 * 1024;
const newline = 0x0a;

/**
 * The lines of a file from its last to its first, as far as the file went when it was opened. A last line without an end counts. Bytes that are no UTF-8
 * become replacement characters. Holds one chunk and one line in memory.
 */
export async function* linesBackwards(file: FileHandle, signal: AbortSignal): AsyncGenerator<string> {
  let position = (await file.stat()).size;
  // The same for all of them: a log may have gigabytes, and what is allocated for each chunk is not freed as fast.
  const buffer = Buffer.alloc(chunkBytes);
  const line = startLine();
  let isLast = true;
  while (position > 0) {
    signal.throwIfAborted();
    const length = Math.min(chunkBytes, position);
    // oxlint-disable-next-line no-await-in-loop -- each chunk comes before the one that was read
    const { bytesRead } = await file.read(buffer, 0, length, position - length);
    // It was cut off while we read it: what is left of it has been seen or is gone.
    if (bytesRead < length) return;
    position -= length;
    const chunk = buffer.subarray(0, length);
    let end = length;
    for (let at = chunk.lastIndexOf(newline); at >= 0; at = at === 0 ? -1 : chunk.lastIndexOf(newline, at - 1)) {
      line.prepend(chunk.subarray(at + 1, end));
      // What comes after the last newline is a line only if there is something.
      if (!isLast || line.length() > 0) yield line.take();
      isLast = false;
      end = at;
    }
    line.prepend(chunk.subarray(0, end));
  }
  if (line.length() > 0) yield line.take();
}

/** A line that is put together from its end to its beginning. */
const startLine = () => {
  const bytes = Buffer.alloc(lineBytes);
  let length = 0;
  return {
    length: () => length,
    prepend: (piece: Buffer): void => {
      const kept = Math.min(length, lineBytes - piece.length);
      bytes.copyWithin(piece.length, 0, kept);
      piece.copy(bytes);
      length = piece.length + kept;
    },
    take: (): string => {
      const text = bytes.toString('utf8', 0, length).replace(/\r$/, '');
      length = 0;
      return text;
    },
  };
};
