/* The table "Conflicting Lock Modes" of the server's documentation. Predicate locks (SIReadLock) make nobody wait. */

const modes = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
] as const;

/** Of each mode, in their order, the places of those that it does not go with. */
const against = [
  [7],
  [6, 7],
  [4, 5, 6, 7],
  [3, 4, 5, 6, 7],
  [2, 3, 5, 6, 7],
  [2, 3, 4, 5, 6, 7],
  [1, 2, 3, 4, 5, 6, 7],
  [0, 1, 2, 3, 4, 5, 6, 7],
] as const;

const pairs = modes.flatMap((held, index) => (against[index] ?? []).map((place) => `('${held}', '${modes[place]}')`));

/** Whether a lock of the mode `held` makes one wait that wants the mode `wanted`. */
export const conflicts = (held: string, wanted: string): string => `(${held}, ${wanted}) IN (${pairs.join(', ')})`;
