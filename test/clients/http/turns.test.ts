import { expect, test } from 'vitest';
import { createTurns } from '../../../src/clients/http/turns.ts';

const forever = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('nobody begins before the one that began earlier has ended, well or not', async () => {
  const inTurn = createTurns();
  const order: string[] = [];
  const ends = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const all = ends.map(({ promise }, index) =>
    inTurn(forever, async (begin) => {
      await begin();
      order.push(`${index} begins`);
      await begin();
      return promise;
    }).catch(() => order.push(`${index} fails`)),
  );
  await settled();
  expect(order).toEqual(['0 begins']);
  ends[0]?.reject(new Error('no'));
  await settled();
  expect(order).toEqual(['0 begins', '0 fails', '1 begins']);
  ends[1]?.resolve();
  ends[2]?.resolve();
  await Promise.all(all);
  expect(order.at(-1)).toBe('2 begins');
});

test('who does not begin waits for nobody, and is not waited for', async () => {
  const inTurn = createTurns();
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = inTurn(forever, async (begin) => (await begin(), promise));
  expect(await inTurn(forever, async () => 'read')).toBe('read');
  resolve();
  await first;
});

test('who waits gives up when it is stopped, and those after it still wait for the first', async () => {
  const inTurn = createTurns();
  const stop = new AbortController();
  const first = Promise.withResolvers<void>();
  const order: string[] = [];
  const running = inTurn(forever, async (begin) => (await begin(), first.promise));
  const waiting = inTurn(stop.signal, (begin) => begin());
  const last = inTurn(forever, async (begin) => {
    await begin();
    order.push('last');
  });
  stop.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
  await settled();
  expect(order).toEqual([]);
  first.resolve();
  await Promise.all([running, last]);
  expect(order).toEqual(['last']);
});
