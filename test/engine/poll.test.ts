import { describe, expect, it } from 'vitest';
import { poll } from '../../src/engine/poll.ts';
import { ctrlC, fakeClock } from './rig.ts';

/** When each look was, and what came of it; the `hits`-th look finds something. */
const polled = async (
  everyMs: number | ((looks: number) => number),
  forMs: number,
  hits = Number.POSITIVE_INFINITY,
) => {
  const clock = fakeClock();
  const at: number[] = [];
  const value = await poll({ everyMs, forMs, clock, signal: new AbortController().signal }, async () => {
    at.push(clock.monotonic());
    return at.length >= hits ? 'found' : undefined;
  });
  return { at, value };
};

describe('polling', () => {
  it.each<[string, Parameters<typeof polled>, number[], string | undefined]>([
    ['looks at once', [1000, 5000, 1], [0], 'found'],
    ['looks again until there is something', [1000, 5000, 3], [0, 1000, 2000], 'found'],
    ['looks for the last time at the end', [1000, 3000], [0, 1000, 2000, 3000], undefined],
    ['finds what is there at the end', [1000, 3000, 4], [0, 1000, 2000, 3000], 'found'],
    ['pauses less before the last look', [1000, 2500], [0, 1000, 2000, 2500], undefined],
    ['looks once where there is no time', [1000, 0], [0], undefined],
    ['may pause longer each time', [(looks) => looks * 100, 1000], [0, 100, 300, 600, 1000], undefined],
  ])('%s', async (_, given, at, value) => {
    expect(await polled(...given)).toEqual({ at, value });
  });

  it('counts the time that a look takes', async () => {
    const clock = fakeClock();
    let looks = 0;
    const signal = new AbortController().signal;
    await poll({ everyMs: 1000, forMs: 5000, clock, signal }, async () => {
      looks += 1;
      clock.advance(2000);
      return undefined;
    });
    expect(looks).toBe(2);
  });

  it.each([0, false, '', null])('takes %j for something', async (value) => {
    const { signal } = new AbortController();
    expect(await poll({ everyMs: 1, forMs: 9, clock: fakeClock(), signal }, async () => value)).toBe(value);
  });

  it('ends with what a look throws', async () => {
    const { signal } = new AbortController();
    const polling = poll({ everyMs: 1, forMs: 9, clock: fakeClock(), signal }, () =>
      Promise.reject(new TypeError('x is not a function')),
    );
    await expect(polling).rejects.toThrow(TypeError);
  });

  it('ends with the reason of its signal', async () => {
    const stop = new AbortController();
    let looks = 0;
    const look = async () => {
      looks += 1;
      stop.abort(ctrlC());
      return undefined;
    };
    const polling = poll({ everyMs: 1000, forMs: 9000, clock: fakeClock(), signal: stop.signal }, look);
    await expect(polling).rejects.toMatchObject({ kind: 'interrupted' });
    expect(looks).toBe(1);
  });
});
