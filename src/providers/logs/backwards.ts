import type { FileHandle } from 'node:fs/promises';

const chunkBytes = 64 * 1024;
/** Kept of a line, in bytes from its beginning: a line may have 10 MB. */
const lineBytes = 64 * 1024;
const newline = 0x0a;

/**
 * The lines of a file from its last to its first, as far as the file went when it was opened. A last line without an end counts. Bytes that are no UTF-8
 * become replacement characters. Holds one chunk and one line in memory.
 */
export async function* linesBackwards(file: FileHandle, signal: AbortSignal): AsyncGenerator<string> {
  let position = (await file.stat()).size;
  let open: Buffer<ArrayBuffer> = Buffer.alloc(0);
  let isLast = true;
  while (position > 0) {
    signal.throwIfAborted();
    const length = Math.min(chunkBytes, position);
    const chunk = Buffer.alloc(length);
    const { bytesRead } = await file.read(chunk, 0, length, position - length);
    // It was cut off while we read it: what is left of it has been seen or is gone.
    if (bytesRead < length) return;
    position -= length;
    let end = length;
    for (let at = chunk.lastIndexOf(newline); at >= 0; at = at === 0 ? -1 : chunk.lastIndexOf(newline, at - 1)) {
      const line = Buffer.concat([chunk.subarray(at + 1, end), open]).subarray(0, lineBytes);
      // What comes after the last newline is a line only if there is something.
      if (!isLast || line.length > 0) yield text(line);
      isLast = false;
      open = Buffer.alloc(0);
      end = at;
    }
    open = Buffer.concat([chunk.subarray(0, end), open]).subarray(0, lineBytes);
  }
  if (open.length > 0) yield text(open);
}

const text = (line: Buffer): string => line.toString('utf8').replace(/\r$/, '');
