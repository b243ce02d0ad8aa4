import { array, assert, asyncProperty, nat, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linesOf } from '../../../src/clients/http/body.ts';
import { type MirrorOptions, openMirror } from '../../../src/clients/kubernetes/mirror.ts';
import { clock, forever } from './clock.ts';
import { pods } from './kubeconfig-rig.ts';
import { failure, scriptedRig, type Served } from './scripted-rig.ts';
import { object, type Script, type Seen, send, sendStatus } from './scripted-server.ts';

const { serve } = scriptedRig();

type Pod = ReturnType<typeof object>;
type Answer = Parameters<Script>[0];

const isWatch = ({ url }: Seen): boolean => url.searchParams.has('watch');
const versionAsked = ({ url }: Seen): string | null => url.searchParams.get('resourceVersion');
const line = (type: string, what: unknown): string => `${JSON.stringify({ type, object: what })}\n`;
const beginWatch = (answer: Answer): Answer => {
  answer.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
  return answer;
};
const list = (answer: Answer, version: number, ...items: readonly Pod[]): void =>
  send(answer, { metadata: { resourceVersion: String(version) }, items });

/** What is done with the watches one after another; lists are answered by `lists`, the last of which counts from then on. */
const playing = (
  lists: readonly ((answer: Answer) => void)[],
  watches: readonly ((answer: Answer, seen: Seen) => unknown)[],
): Script => {
  let listed = 0;
  let watched = 0;
  return (answer, seen) => {
    if (isWatch(seen)) return (watches[watched++] ?? beginWatch)(answer, seen);
    return (lists[Math.min(listed++, lists.length - 1)] ?? list)(answer, 1);
  };
};

const mirror = ({ client }: Served, more: Partial<MirrorOptions<Pod, string>> = {}) =>
  openMirror<Pod, string>(client, pods, {
    signal: forever,
    clock,
    keep: ({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`,
    ...more,
  });

/** Waits until it shows this. */
const shows = async (of: Awaited<ReturnType<typeof mirror>>, ...wanted: readonly string[]): Promise<void> => {
  while ([...of.items.values()].toSorted().join() !== wanted.toSorted().join()) {
    // oxlint-disable-next-line no-await-in-loop
    await of.changed();
  }
};

describe('a mirror (of a scripted server)', () => {
  test('lists once, then watches from there; what comes, changes and goes is seen', async () => {
    const served = await serve(
      playing(
        [(answer) => list(answer, 10, object('a', 5))],
        [
          (answer) =>
            beginWatch(answer).write(
              line('ADDED', object('b', 11)) + line('MODIFIED', object('a', 12)) + line('DELETED', object('b', 13)),
            ),
        ],
      ),
    );
    const pod = await mirror(served, { labelSelector: 'app=checkout' });
    expect([...pod.items]).toEqual([['uid-a', 'a@5']]);
    await shows(pod, 'a@12');
    const [first, second] = served.server.requests;
    expect(served.server.requests).toHaveLength(2);
    expect(first?.url.searchParams.get('labelSelector')).toBe('app=checkout');
    expect(Object.fromEntries(second?.url.searchParams ?? [])).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: expect.stringMatching(/^[345]\d\d$/),
      resourceVersion: '10',
      labelSelector: 'app=checkout',
    });
    pod.close();
  });

  test('a dropped watch goes on from the last version, bookmarks included, without a new list', async () => {
    const served = await serve(
      playing(
        [(answer) => list(answer, 10)],
        [
          (answer) => {
            beginWatch(answer).write(
              line('ADDED', object('a', 11)) + line('BOOKMARK', { metadata: { resourceVersion: '20' } }),
            );
            setTimeout(() => answer.destroy(), 50);
          },
          (answer) => beginWatch(answer).end(line('ADDED', object('b', 21))),
          (answer) => beginWatch(answer).write(line('ADDED', object('c', 22))),
        ],
      ),
    );
    const told: string[] = [];
    const pod = await mirror(served, { onConnection: (state) => void told.push(state) });
    await shows(pod, 'a@11', 'b@21', 'c@22');
    expect(served.server.requests.map((seen) => (isWatch(seen) ? versionAsked(seen) : 'list'))).toEqual([
      'list',
      '10',
      '20',
      '21',
    ]);
    expect(told).toEqual([]);
    pod.close();
  });

  test.each([
    ['an answer', (answer: Answer) => sendStatus(answer, 410, 'Expired', 'too old resource version')],
    [
      'a line of the watch',
      (answer: Answer) =>
        beginWatch(answer).write(
          line('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' }),
        ),
    ],
  ])('410 Gone, as %s, lists again; what went meanwhile is gone, what did not change is no change', async (_, gone) => {
    const served = await serve(
      playing(
        [
          (answer) => list(answer, 10, object('a', 5), object('b', 6), object('c', 7)),
          (answer) => list(answer, 30, object('b', 6), object('c', 25)),
        ],
        [gone],
      ),
    );
    let kept = 0;
    const pod = await mirror(served, { keep: ({ metadata }) => `${metadata.name} ${(kept += 1)}` });
    await pod.changed();
    expect([...pod.items.values()]).toEqual(['b 2', 'c 4']);
    expect(served.server.requests.filter((seen) => !isWatch(seen))).toHaveLength(2);
    pod.close();
  });

  test('while the server is away it says so, comes back with it, and goes on from where it was', async () => {
    let away = false;
    const served = await serve((answer, seen) => {
      if (!isWatch(seen)) return list(answer, 10);
      if (away) return sendStatus(answer, 503, 'ServiceUnavailable', 'etcd has no leader');
      return beginWatch(answer).write(line('ADDED', object(`seen-from-${versionAsked(seen)}`, 12)));
    });
    const told: string[] = [];
    const pod = await mirror(served, { onConnection: (state) => void told.push(state) });
    await shows(pod, 'seen-from-10@12');
    away = true;
    served.server.drop();
    while (told.length === 0) {
      // oxlint-disable-next-line no-await-in-loop
      await clock.sleep(20);
    }
    away = false;
    await shows(pod, 'seen-from-10@12', 'seen-from-12@12');
    expect(told).toEqual(['lost', 'back']);
    expect(served.server.requests.filter((seen) => !isWatch(seen))).toHaveLength(1);
    pod.close();
  });

  test('a server that ends every watch at once is not asked without a pause', async () => {
    const served = await serve((answer, seen) => (isWatch(seen) ? beginWatch(answer).end() : list(answer, 10)));
    const pod = await mirror(served);
    await clock.sleep(1500);
    pod.close();
    expect(served.server.requests.length).toBeLessThan(10);
  });

  test('a right that is taken away ends it, with the error', async () => {
    const served = await serve(
      playing(
        [(answer) => list(answer, 10)],
        [
          (answer) =>
            sendStatus(
              answer,
              403,
              'Forbidden',
              'pods is forbidden: User "ann" cannot watch resource "pods" in API group "" in the namespace "shop"',
            ),
        ],
      ),
    );
    const pod = await mirror(served);
    const expected = {
      kind: 'unreachable',
      status: 403,
      message: 'user ann may not watch pods in namespace shop of context prod',
    };
    expect(await failure(pod.changed())).toMatchObject(expected);
    expect(await failure(pod.changed())).toMatchObject(expected);
    await clock.sleep(500);
    expect(served.server.requests).toHaveLength(2);
  });

  test('of a resource that the cluster does not know is empty, and stays so', async () => {
    const served = await serve((answer) => answer.writeHead(404).end('404 page not found'));
    const pod = await mirror(served);
    await clock.sleep(300);
    expect(pod.items.size).toBe(0);
    expect(served.server.requests).toHaveLength(1);
    pod.close();
  });

  test('a signal, or closing it, ends it and whoever waits for it', async () => {
    const stop = new AbortController();
    const served = await serve(playing([(answer) => list(answer, 10)], []));
    const [one, other] = await Promise.all([mirror(served, { signal: stop.signal }), mirror(served)]);
    const waits = [failure(one.changed()), failure(other.changed())];
    stop.abort(new Error('stopped'));
    other.close();
    expect((await Promise.all(waits)).map(({ message }) => message)).toEqual(['stopped', 'the mirror is closed']);
  });

  test('a change is not missed by who was busy, nor by who gave up waiting', async () => {
    const watched = Promise.withResolvers<Answer>();
    const served = await serve(playing([(to) => list(to, 10)], [(to) => watched.resolve(beginWatch(to))]));
    const pod = await mirror(served);
    const abandoned = pod.changed();
    const answer = await watched.promise;
    answer.write(line('ADDED', object('a', 11)));
    await abandoned;
    await pod.changed();
    expect(pod.items.size).toBe(1);
    const next = pod.changed();
    expect(await Promise.race([next, clock.sleep(200).then(() => 'nothing new')])).toBe('nothing new');
    answer.write(line('ADDED', object('b', 12)));
    await next;
    pod.close();
  });

  test('the same version of an object, told again, is no change', async () => {
    const served = await serve(
      playing(
        [(answer) => list(answer, 10, object('a', 5))],
        [(answer) => beginWatch(answer).write(line('ADDED', object('a', 5)) + line('ADDED', object('b', 11)))],
      ),
    );
    let kept = 0;
    const pod = await mirror(served, { keep: () => String((kept += 1)) });
    await pod.changed();
    expect(kept).toBe(2);
    pod.close();
  });
});

const all = async <Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> => {
  const found: Value[] = [];
  for await (const value of values) found.push(value);
  return found;
};

const inPieces = async function* (pieces: readonly Buffer[]): AsyncGenerator<Buffer, void> {
  yield* pieces;
};

describe('the lines of a watch', () => {
  test('come out whole, wherever the pieces of the network end: in a line, in a character', async () => {
    const text = array(string({ unit: 'grapheme' }).map((each) => each.replaceAll('\n', '')));
    await assert(
      asyncProperty(text, array(nat()), async (lines, cuts) => {
        const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(''));
        const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
        const pieces = [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
        expect(await all(linesOf(inPieces(pieces)))).toEqual(lines);
      }),
    );
  });

  test('a line that the network cut off is no line', async () => {
    const pieces = [Buffer.from('{"a":1}\n{"b":')];
    expect(await all(linesOf(inPieces(pieces)))).toEqual(['{"a":1}']);
  });
});
