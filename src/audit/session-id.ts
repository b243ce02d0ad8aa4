const letters = '23456789abcdefghjkmnpqrstvwxyz';

/**
 * A session's id: `20261122-031502-k7qd`. The time is UTC, so that ids sort by age; the letters leave out those that are
 * taken for one another.
 *
 * @param random a number from 0 up to but not including 1
 */
export const newSessionId = (now: Date, random: () => number): string => {
  const stamp = now.toISOString();
  const suffix = Array.from({ length: 4 }, () => letters[Math.floor(random() * letters.length)] ?? '2').join('');
  return `${stamp.slice(0, 10).replaceAll('-', '')}-${stamp.slice(11, 19).replaceAll(':', '')}-${suffix}`;
};

/** Whether a text can be a session's id, and with it a part of a file name. */
export const isSessionId = (text: string): boolean => /^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/.test(text);
