import * as fc from 'fast-check';

/** When a process is to be killed. */
export type Moment =
  /** While it starts: milliseconds after its beginning. */
  | { readonly kind: 'start'; readonly ms: number }
  /** At any time: a share, from 0 to 1, of the time that it takes from beginning to end. */
  | { readonly kind: 'life'; readonly share: number }
  /** Right after something happened: so many milliseconds after the n-th event has reached us. */
  | { readonly kind: 'event'; readonly event: number; readonly ms: number };

/** How long the beginning is that gets kills of its own, in milliseconds: uniform moments of a long run rarely fall into it. */
const startMs = 150;
/** Around an event the record, the command and the world are changed within this time, in milliseconds. */
const aroundMs = 60;

/** Random moments of a run that tells of `events` events: always the same for one seed. */
export const moments = (count: number, seed: number, events: number): readonly Moment[] => {
  // Not `fc.double`: it is as likely to be below a billionth as above.
  const share = fc.noBias(fc.integer({ min: 0, max: 1_000_000 })).map((millionths) => millionths / 1_000_000);
  const anyMoment: fc.Arbitrary<Moment> = fc.oneof(
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('start'), ms: share.map((part) => part * startMs) }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('life'), share }) },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('event'),
        event: fc.noBias(fc.integer({ min: 1, max: events - 1 })),
        ms: share.map((part) => part * aroundMs),
      }),
    },
  );
  return fc.sample(anyMoment, { numRuns: count, seed });
};

/** For another try, where the process had ended before the moment came. */
export const earlier = (moment: Moment): Moment => {
  switch (moment.kind) {
    case 'start':
      return { ...moment, ms: moment.ms / 2 };
    case 'life':
      return { ...moment, share: moment.share * 0.9 };
    case 'event':
      return { ...moment, event: Math.max(1, moment.event - 1), ms: moment.ms / 2 };
  }
};

export const shown = (moment: Moment): string => {
  switch (moment.kind) {
    case 'start':
      return `${moment.ms.toFixed(1)} ms after its start`;
    case 'life':
      return `at ${(moment.share * 100).toFixed(1)} % of its life`;
    case 'event':
      return `${moment.ms.toFixed(1)} ms after event ${moment.event}`;
  }
};
