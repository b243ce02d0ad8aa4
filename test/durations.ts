import { readFileSync, writeFileSync } from 'node:fs';
import type { Layer } from './layers.ts';

/** Seconds, by layer (a file that repeats more in the long one takes longer there) and file. */
type Durations = Readonly<Record<'all' | 'long', Readonly<Record<string, number>>>>;

const path = new URL('durations.json', import.meta.url);
/** What ends sooner makes no difference to the order. */
const worthRecording = 3;

const recorded = JSON.parse(readFileSync(path, 'utf8')) as Durations;
const part = (layer: Layer) => (layer === 'long' ? 'long' : 'all');

/** How many seconds the tests of a file took when that was last recorded; 0 for a short or a new one. */
export const secondsOf = (layer: Layer, file: string): number => recorded[part(layer)][file] ?? 0;

/** Replaces the record of this layer. */
export const recordDurations = (layer: Layer, seconds: ReadonlyMap<string, number>): void => {
  const long = [...seconds].filter(([, one]) => one >= worthRecording).map(([file, one]) => [file, Math.round(one)]);
  const sorted = long.toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1));
  const all: Durations = { ...recorded, [part(layer)]: Object.fromEntries(sorted) };
  writeFileSync(path, `${JSON.stringify(all, null, 2)}\n`);
};
