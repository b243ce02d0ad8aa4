import { globSync } from 'node:fs';
import { secondsOf } from './durations.ts';
import { type Layer, layers } from './layers.ts';

/** Two workers, and recorded durations that a slower machine exceeds. */
const workers = 2;
const slack = 1.5;
/** A file without a record is believed to take this long. */
const unrecorded = 60;

interface Choice {
  /** What vitest is given: the words, or files that are chosen in place of none. */
  readonly chosen: readonly string[];
  readonly left: readonly string[];
}

/**
 * The files of the layer that are expected to end within `minutes` (a number as text; everything without one), the shortest first, so that
 * as many as possible are run.
 */
export const filesWithin = (layer: Layer, minutes: string | undefined, words: readonly string[]): Choice => {
  if (minutes === undefined || words.length > 0) return { chosen: words, left: [] };
  const { include, exclude } = layers[layer];
  const files = globSync([...include], { exclude: [...exclude] }).map((file) => ({
    file,
    seconds: secondsOf(layer, file) || unrecorded,
  }));
  let secondsLeft = (Number(minutes) * 60 * workers) / slack;
  const fits = files
    .toSorted((one, other) => one.seconds - other.seconds)
    // One file is run by one worker, however idle the other is.
    .filter(({ seconds }) => (secondsLeft -= seconds) >= 0 && seconds * slack <= Number(minutes) * 60)
    .map(({ file }) => file);
  return { chosen: fits, left: files.map(({ file }) => file).filter((file) => !fits.includes(file)) };
};
