import * as fc from 'fast-check';
import { layer } from '../layers.ts';

const seed = process.env['RB_SEED'];
const runs = process.env['RB_RUNS'];

/** How often a random test runs: `RB_RUNS` is in percent of that, `RB_SEED=<n>` repeats a run. A failure prints the seed. */
export const random = (times: number): { readonly numRuns: number; readonly seed?: number } => ({
  numRuns: runs === undefined ? times : Math.max(1, Math.round((times * Number(runs)) / 100)),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
});

/** With fewer runs than the long layer's not everything is reached. */
export const isWhole = layer === 'long' && (runs === undefined || Number(runs) >= 100);

export const rarely: fc.Arbitrary<boolean> = fc.nat(9).map((n) => n === 9);

export const inPercent = <T>(percent: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 100 - percent }, { arbitrary, weight: percent });
