import { closest, distance } from 'fastest-levenshtein';

/** `; did you mean "x"?`, or nothing where no name is near. */
export const didYouMean = (found: string, known: readonly string[]): string => {
  if (known.length === 0) return '';
  const lower = new Map(known.map((name) => [name.toLowerCase(), name]));
  const near = closest(found.toLowerCase(), [...lower.keys()]);
  return isNear(found.toLowerCase(), near) ? `; did you mean "${lower.get(near) ?? near}"?` : '';
};

const isNear = (found: string, known: string): boolean =>
  distance(found, known) <= Math.max(1, Math.floor(known.length / 3));
