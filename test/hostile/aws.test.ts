import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RunbookError } from '../../src/engine/errors.ts';
import { openEcsApi, type EcsApi } from '../../src/providers/workload/ecs/ecs-api.ts';
import { openAwsSession } from '../../src/clients/aws/session.ts';
import { newCall } from '../providers/workload/call.ts';
import { endless, type Play, trickling } from './http-answers.ts';
import { type PlayServer, startPlayServer } from './play-server.ts';

let server: PlayServer;
let api: EcsApi;
beforeAll(async () => {
  server = await startPlayServer();
  const environment = {
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'an-example',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${server.port}`,
  };
  api = await openEcsApi(openAwsSession({ region: 'eu-central-1' }, environment, () => undefined, 1000));
});
afterAll(() => server.close());

const head = 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/x-amz-json-1.1\r\n';
const raw =
  (body: string): Play =>
  (socket) =>
    socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
const service = {
  serviceArn: 'arn:aws:ecs:eu-central-1:111122223333:service/c/checkout',
  status: 'ACTIVE',
  desiredCount: 3,
  runningCount: 3,
  pendingCount: 0,
};
const both = (part: object): Play =>
  raw(JSON.stringify({ services: [{ ...service, ...part }], service: { ...service, ...part } }));
const place = { cluster: 'c', service: 'checkout' };
const describeIt = () => api.describeService(place, newCall());
const update = () => api.updateService(place, { desiredCount: 3 }, newCall());
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => {
      throw new Error(`it was read as ${JSON.stringify(value).slice(0, 300)}`);
    },
    (error: unknown) => error,
  );

describe('an ECS that answers', () => {
  test.each<[string, Play]>([
    ['a count as a text', both({ desiredCount: '3' })],
    ['a count that is negative', both({ runningCount: -1 })],
    ['a count that is a part', both({ pendingCount: 0.5 })],
    ['no count', both({ desiredCount: undefined })],
    ['an object in place of a list', both({ deployments: { id: 'a' } })],
    ['a deployment with a count that is none', both({ deployments: [{ id: 'a', runningCount: [] }] })],
    ['an event without words', both({ events: [{ message: 17 }] })],
    ['HTML', raw('<html>Log in</html>')],
    ['JSON that ends too soon', raw('{"services":[{"desi')],
    ['a body without end', endless(`${head}transfer-encoding: chunked\r\n\r\n`, `10000\r\n${' '.repeat(65_536)}\r\n`)],
  ])('%s is not believed', { timeout: 30_000 }, async (_, answer) => {
    server.answer = answer;
    const read = await failure(describeIt());
    expect(read).toBeInstanceOf(RunbookError);
    expect(read).toMatchObject({ kind: 'unreachable' });
    expect(await failure(update())).toMatchObject({ kind: 'unknown' });
  });

  test('an answer that trickles ends, and says why', { timeout: 60_000 }, async () => {
    server.answer = trickling(`${head}transfer-encoding: chunked\r\n\r\n`, '1\r\n \r\n');
    expect(await failure(update())).toMatchObject({
      kind: 'unknown',
      message: expect.stringContaining('does not end its answer within 1 s'),
    });
  });

  // The program gives it ten seconds, which its six attempts make a minute.
  test('nothing at all: no answer in time, and where to look', { timeout: 60_000 }, async () => {
    server.answer = () => undefined;
    expect(await failure(describeIt())).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('ecs:DescribeServices): no answer in time'),
      next: expect.arrayContaining([expect.stringContaining('check the network, the region and AWS_ENDPOINT_URL')]),
    });
  });

  test('pages without end end, and say why', { timeout: 60_000 }, async () => {
    server.answer = raw(JSON.stringify({ taskArns: [], nextToken: 'again' }));
    expect(await failure(api.tasks(place, 'RUNNING', newCall()))).toMatchObject({
      kind: 'unreachable',
      message: 'AWS answers with a list of more than 100 pages',
    });
  });

  test('what it should is', async () => {
    server.answer = both({});
    expect(await describeIt()).toMatchObject({ services: [service] });
    expect(await update()).toMatchObject(service);
  });
});
