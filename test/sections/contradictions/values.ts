import * as fc from 'fast-check';
import type { Server, Unavailable } from '../../../src/providers/database/port.ts';

const megabyte = 1024 ** 2;
const minute = 60_000;

/** Bytes, on both sides of what anything is judged by. */
export const bytes = fc.constantFrom(
  0,
  1,
  96 * 1024,
  40 * megabyte,
  64 * megabyte,
  100 * megabyte,
  1024 * megabyte,
  5 * 1024 * megabyte,
  21 * 1024 * megabyte,
  60 * 1024 * megabyte,
);
/** Ages in milliseconds. */
export const ms = fc.constantFrom(
  0,
  8,
  4999,
  5000,
  29_999,
  30_000,
  minute,
  5 * minute,
  10 * minute,
  40 * minute,
  8 * 60 * minute,
  30 * 24 * 60 * minute,
);
export const share = fc.constantFrom(0, 0.01, 0.05, 0.29, 0.3, 0.49, 0.5, 0.6, 0.75, 0.79, 0.96, 1);
export const few = fc.nat(4);

/** What may not be known. */
export const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 5 });

/** Up to `most` things, each with a name of its own that occurs in no other: `t1003`. */
export const things = <T>(
  letter: string,
  most: number,
  thing: (name: string) => fc.Arbitrary<T>,
): fc.Arbitrary<readonly T[]> =>
  fc
    .nat(most)
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => thing(`${letter}${1000 + index}`))));

const server: fc.Arbitrary<Server> = fc.record({
  target: fc.constant({ provider: 'postgres', name: 'db-1:5432' }),
  address: fc.constant('db-1:5432'),
  database: fc.constant('shop'),
  user: fc.constant('operator'),
  systemIdentifier: fc.constant('1'),
  role: fc.constantFrom('primary', 'replica'),
  version: fc.constantFrom('13.4', '16.1', '18.0'),
  seesEverything: fc.boolean(),
});

/** Parts that the server does not give; mostly it gives all of them. */
const unavailable: fc.Arbitrary<readonly Unavailable[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  things('part_', 2, (part) =>
    fc.record({
      part: fc.constant(part),
      why: fc.constantFrom('permission denied for function pg_ls_waldir', 'canceling statement due to lock timeout'),
    }),
  ),
);

/** Who answers, and without what. */
export const origin = fc.record({ server, unavailable });
