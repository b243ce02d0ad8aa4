const [error, notice] = [0x45, 0x4e];
const headerLength = 5;
/** What a server says in words is shorter. */
const longestSaid = 1024 * 1024;

/**
 * Follows the messages in a stream that comes in pieces, and returns for each piece whether pg may read it. Every message is a type,
 * a length that includes itself, and a body. pg looks for the end of an error or a notice wherever that is: where it has none,
 * it looks indefinitely, and nothing stops it.
 */
export const checkMessages = (): ((piece: Buffer) => boolean) => {
  let begun: Buffer = Buffer.alloc(0);
  let skip = 0;
  return (piece) => {
    const bytes = begun.length === 0 ? piece : Buffer.concat([begun, piece]);
    begun = Buffer.alloc(0);
    for (let at = 0; ;) {
      const skipped = Math.min(skip, bytes.length - at);
      skip -= skipped;
      at += skipped;
      if (skip > 0) return true;
      const type = bytes[at];
      const length = bytes.length - at < headerLength ? undefined : bytes.readUInt32BE(at + 1);
      if (length !== undefined && length < 4) return false;
      const isSaid = type === error || type === notice;
      if (length !== undefined && isSaid && length > longestSaid) return false;
      if (length === undefined || (isSaid && bytes.length - at < 1 + length)) {
        begun = bytes.subarray(at);
        return true;
      }
      if (isSaid && !hasEnd(bytes.subarray(at + headerLength, at + 1 + length))) return false;
      skip = 1 + length;
    }
  };
};

/** Fields of a letter and a text that a zero ends, then a zero. */
const hasEnd = (body: Buffer): boolean => {
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const end = body.indexOf(0, at + 1);
    if (end === -1) return false;
    at = end + 1;
  }
  return at < body.length;
};
