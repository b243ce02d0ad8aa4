import { gzipSync } from 'node:zlib';
import { type Chance, inTurn } from './chance.ts';
import { endless, type Play, trickling } from './http-answers.ts';

/** Answers of something that is not an API server, or not one in its right mind: none of them may be read as a Deployment or a list. */
export const hostileApiAnswers = (seed: number, n: number) => inTurn(kinds, seed, n);

const raw =
  (body: string | Buffer, headers: readonly string[] = []): Play =>
  (socket) => {
    const bytes = Buffer.from(body);
    // A connection that is kept would bring its end to the next request.
    socket.write(
      [
        'HTTP/1.1 200 OK',
        'connection: close',
        'content-type: application/json',
        ...headers,
        `content-length: ${bytes.length}`,
        '',
        '',
      ].join('\r\n'),
    );
    socket.end(bytes);
  };

const head =
  'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';
const chunkOf = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

const metadata = {
  name: 'checkout',
  uid: '5c4dbb25-0000-4000-8000-000000000000',
  resourceVersion: '17',
  generation: 2,
  creationTimestamp: '2026-01-02T03:04:05Z',
};
const selector = { matchLabels: { app: 'checkout' } };
const template = { metadata: { labels: { app: 'checkout' } }, spec: { containers: [{ name: 'api', image: 'a:1' }] } };

/** One that is as it should be, and one of a finished rollout: each hostile one is this with something wrong. */
export const goodDeployment = {
  metadata,
  spec: { replicas: 3, selector, template },
  status: { observedGeneration: 2, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 },
};

const nonsense: readonly [unknown, ...unknown[]] = [null, {}, [], '3', 'NaN', true, -1, 1.5, 1e300, '', [3]];
const counts = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'] as const;

/** The Deployment, and as the one item of a list. */
const both = (object: unknown): string => JSON.stringify({ ...asObject(object), items: [object] });
const asObject = (value: unknown): object => (typeof value === 'object' && value !== null ? value : { value });
const wrong = (part: object): Play => raw(both({ ...goodDeployment, ...part }));

const kinds: Readonly<Record<string, (one: Chance) => Play>> = {
  'no spec': () => wrong({ spec: undefined }),
  'a spec that is none': (one) => wrong({ spec: one.pick(nonsense) }),
  'no metadata': () => wrong({ metadata: undefined }),
  'metadata without an identity': (one) =>
    wrong({
      metadata: { ...metadata, [one.pick(['name', 'uid', 'resourceVersion'])]: one.pick<unknown>([null, 3, {}, []]) },
    }),
  'a generation that is none': (one) =>
    wrong({ metadata: { ...metadata, generation: one.pick<unknown>(['2', -2, 0.5, {}]) } }),
  'a count that is none': (one) =>
    wrong({ spec: { replicas: one.pick<unknown>(['3', -3, 0.5, 1e300, {}, [], null]), selector, template } }),
  'a status that is none': (one) => wrong({ status: one.pick<unknown>([null, [], 'ok', 3, true]) }),
  'a count of the status that is none': (one) =>
    wrong({
      status: { ...goodDeployment.status, [one.pick(counts)]: one.pick<unknown>(['3', -3, 0.5, 1e300, {}, [], null]) },
    }),
  'conditions that are no list': (one) =>
    wrong({
      status: { ...goodDeployment.status, conditions: one.pick<unknown>([{}, 'ok', 3, null, [3], [{}], [[]]]) },
    }),
  'labels that are none': (one) =>
    wrong({ metadata: { ...metadata, labels: one.pick<unknown>([[], 'a', { a: 3 }, null]) } }),
  'a selector that is none': (one) =>
    wrong({ spec: { replicas: 3, template, selector: one.pick<unknown>([null, [], 'a', { matchLabels: [] }]) } }),
  'a template that is none': (one) =>
    wrong({
      spec: { replicas: 3, selector, template: one.pick<unknown>([null, [], {}, { metadata: {}, spec: 'a' }]) },
    }),
  'a list in its place': () => raw('[]'),
  'a bare value': (one) => raw(JSON.stringify(one.pick(nonsense))),
  'an object without anything': () => raw('{}'),
  HTML: () => raw('<html>Log in</html>'),
  'JSON that ends too soon': (one) => raw(both(goodDeployment).slice(0, 1 + one.number(300))),
  'JSON that is too deep': (one) => {
    const depth = 101 + one.number(50_000);
    return raw(`{"metadata":${'['.repeat(depth)}${']'.repeat(depth)}}`);
  },
  'gzip that grows': () => raw(gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '), { level: 1 }), ['content-encoding: gzip']),
  'gzip that is none': (one) => raw(one.bytes(100 + one.number(1000)), ['content-encoding: gzip']),
  'a body without end': () => endless(head, `10000\r\n${' '.repeat(65_536)}\r\n`),
  'an array without end': () => endless(`${head}${chunkOf('{"items":[')}`, chunkOf('[],'.repeat(20_000))),
  'a line without end': () => endless(`${head}${chunkOf('{"type":"ADDED","object":"')}`, chunkOf('x'.repeat(65_536))),
  'an error without end': () =>
    endless(
      'HTTP/1.1 500 Oops\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n',
      chunkOf('x'.repeat(65_536)),
    ),
  'a body that trickles': () => trickling(head, '1\r\n \r\n'),
  'headers that trickle': () => trickling('HTTP/1.1 200 OK\r\n', 'x'),
  'headers without end': () => endless('HTTP/1.1 200 OK\r\n', `x-more: ${'x'.repeat(1000)}\r\n`),
  'no HTTP': (one) => (socket) => socket.end(one.bytes(1 + one.number(2000))),
  nothing: () => (socket) => socket.destroy(),
  'a body that ends too soon': () => (socket) =>
    socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 100000\r\n\r\n${both(goodDeployment)}`),
  'a redirect': () => (socket) =>
    socket.end('HTTP/1.1 302 Found\r\nconnection: close\r\nlocation: https://login.example.com/\r\n\r\n'),
};
