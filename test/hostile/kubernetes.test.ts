import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RunbookError } from '../../src/engine/errors.ts';
import { openKubernetes } from '../../src/clients/kubernetes/client.ts';
import type { Connection } from '../../src/clients/kubernetes/connection.ts';
import type { Kubernetes } from '../../src/clients/kubernetes/port.ts';
import { resourceOf } from '../../src/providers/workload/kubernetes/objects/objects.ts';
import { clock, forever } from '../clients/kubernetes/clock.ts';
import type { Play } from './http-answers.ts';
import { goodDeployment, hostileApiAnswers } from './kubernetes-answers.ts';
import { type PlayServer, startPlayServer } from './play-server.ts';
import { answersOf, atOnce } from './prove.ts';

vi.setConfig({ maxConcurrency: atOnce });

const clientOf = ({ port }: PlayServer): Kubernetes => {
  const url = `http://127.0.0.1:${port}`;
  const connection: Connection = {
    identity: { context: 'prod', server: url, ca: 'system', namespace: 'shop' },
    server: new URL(url),
    compression: true,
    credentials: { owner: 'ann', renewal: [], current: async () => ({ headers: {} }), refuse: () => undefined },
  };
  // Long enough that eight answers at once do not make one of them late.
  const times = { readMs: 1000, changeMs: 1000, connectMs: 1000 };
  return openKubernetes(connection, { clock: { ...clock, sleep: async () => undefined }, ...times });
};

let server: PlayServer;
let client: Kubernetes;
beforeAll(async () => {
  server = await startPlayServer();
  client = clientOf(server);
});
afterAll(() => server.close());

const answers = hostileApiAnswers(...answersOf(93));
const of = resourceOf.deployment;
const ask = { signal: forever };
const failure = (promise: Promise<unknown>): Promise<Partial<RunbookError>> =>
  promise.then(
    (value) => {
      throw new Error(`it was read as ${JSON.stringify(value).slice(0, 300)}`);
    },
    (error: Partial<RunbookError>) => error,
  );
const change = (at = client) => at.patch(of, 'checkout', { spec: {} }, { ...ask, type: 'merge' });

describe.concurrent('an API server that answers', () => {
  test.for(answers)('$name is not believed', async ({ name, answer }, { onTestFinished }) => {
    const hostile = await startPlayServer(answer);
    onTestFinished(() => hostile.close());
    const asked = clientOf(hostile);
    const read = await failure(asked.get(of, 'checkout', ask));
    expect(read).toMatchObject({ kind: 'unreachable' });
    expect(read.message?.length).toBeLessThan(700);
    expect(await failure(asked.list(of, ask))).toMatchObject({ kind: 'unreachable' });
    // What redirects has not done it.
    expect((await failure(change(asked))).kind).toBe(name.endsWith('a redirect') ? 'unreachable' : 'unknown');
  });
});

test('the Deployment that they are made from is', async () => {
  const body = JSON.stringify({ ...goodDeployment, items: [goodDeployment] });
  server.answer = (socket) =>
    socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  expect(await client.get(of, 'checkout', ask)).toMatchObject(goodDeployment);
  expect(await client.list(of, ask)).toMatchObject({ items: [goodDeployment] });
  await change();
});

const page = (more: object): Play => {
  const body = JSON.stringify({ items: [], ...more });
  return (socket) =>
    socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
};
describe('a list', () => {
  test.each<[string, object, string]>([
    ['whose pages never end', { metadata: { continue: 'again' } }, 'a list of more than 100 pages'],
    [
      'of very many objects',
      { items: Array.from({ length: 9000 }, () => ({})), metadata: { continue: 'again' } },
      'more than 20000 objects',
    ],
    [
      'of very large objects',
      { items: [{ item: 'x'.repeat(8e6) }], metadata: { continue: 'again' } },
      'more than 16 MiB',
    ],
    [
      'of very many entries',
      { items: [{ item: Array.from({ length: 200_000 }, () => 0) }], metadata: { continue: 'again' } },
      'more than 500000 entries',
    ],
    ['whose next page is none', { metadata: { continue: {} } }, 'metadata.continue is an object, not a text'],
    ['whose version is none', { metadata: { resourceVersion: 17 } }, 'metadata.resourceVersion is 17, not a text'],
  ])('%s ends, and says why', async (_, answer, why) => {
    server.answer = page(answer);
    const plain = { api: 'v1', plural: 'things' };
    expect(await failure(client.list(plain, ask))).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining(why),
    });
  });
});

const lines =
  (...all: readonly unknown[]): Play =>
  (socket) =>
    socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${all.map((one) => `${JSON.stringify(one)}\n`).join('')}`);

const events = async (answer: Play): Promise<unknown> => {
  server.answer = answer;
  for await (const event of client.watch(of, { ...ask, resourceVersion: '1' })) void event;
  return 'ended';
};
describe('a watch', () => {
  test('of good events ends with them', async () => {
    expect(await events(lines({ type: 'ADDED', object: goodDeployment }))).toBe('ended');
  });

  test.each<[string, unknown]>([
    ['of another type', { type: 'WIBBLE', object: goodDeployment }],
    ['without an object', { type: 'ADDED' }],
    ['with a count that is none', { type: 'MODIFIED', object: { ...goodDeployment, status: { replicas: '3' } } }],
    ['that is a list', []],
    ['that is nothing', null],
  ])('an event %s is an error', async (_, event) => {
    expect(await failure(events(lines(event)))).toMatchObject({ kind: 'unreachable' });
  });

  test('a line without end is an error', async () => {
    const [endlessLine] = hostileApiAnswers(1, 30).filter(({ name }) => name.endsWith('a line without end'));
    expect(await failure(events(endlessLine?.answer ?? lines()))).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('a line of more than 4 MiB'),
    });
  });
});
