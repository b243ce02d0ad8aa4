/** A sentence of AWS as a part of one of ours. */
export const unended = (sentence: string): string => sentence.trim().replace(/(?<!\.)\.+$/, '');
