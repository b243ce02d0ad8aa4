/** A position in the WAL as the server writes it, `16/B374D848`: two halves of 64 bits in hexadecimal. */
const parse = (position: string): bigint | null => {
  const [, high, low] = /^([\dA-F]{1,8})\/([\dA-F]{1,8})$/i.exec(position) ?? [];
  return high === undefined || low === undefined ? null : (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
};

/** The bytes from one position to a later one; 0 where it is not later. Null where either is not known. */
export const bytesBetween = (from: string | null, to: string | null): number | null => {
  const [start, end] = [from, to].map((position) => (position === null ? null : parse(position)));
  if (typeof start !== 'bigint' || typeof end !== 'bigint') return null;
  return end > start ? Number(end - start) : 0;
};
