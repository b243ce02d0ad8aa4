const letters = '23456789abcdefghjkmnpqrstvwxyz';

/**
 * A session's id: `20261122-031502-417-k7qd`, with the milliseconds. The time is UTC, so that ids sort by age as texts; the letters leave
 * out those that are taken for one another. Up to rb 0.1 there were no milliseconds.
 *
 * @param random a number from 0 up to but not including 1
 */
export const newSessionId = (now: Date, random: () => number): string => {
  const [day = '', time = '', ms = ''] = now.toISOString().replaceAll(/[-:Z]/g, '').split(/[T.]/);
  const suffix = Array.from({ length: 4 }, () => letters[Math.floor(random() * letters.length)] ?? '2').join('');
  return `${day}-${time}-${ms}-${suffix}`;
};

/** Whether a text can be a session's id, or the beginning of one, and with it a part of a file name. */
export const isSessionId = (text: string): boolean => /^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/.test(text);
