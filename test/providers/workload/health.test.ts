import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openHttp } from '../../../src/providers/http/probe.ts';
import { checkHealthTemplate, healthOf } from '../../../src/providers/workload/command/health.ts';
import { parseInstances } from '../../../src/providers/workload/command/instances.ts';

const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  const status = new URL(request.url ?? '', 'http://x').searchParams.get('status') ?? 'ok';
  response.end(JSON.stringify({ status, version: '3.1', startedAt: '2026-01-02T03:04:05Z' }));
});
let base: string;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const ask = (instance: object, instanceHealth: string) => {
  const [listed] = parseInstances(JSON.stringify([instance]));
  if (!listed) throw new Error('one was listed');
  return healthOf(listed, { instanceHealth, healthTimeoutMs: 5000 }, openHttp(), new AbortController().signal);
};

describe('the health of an instance', () => {
  test('is asked at its own URL, and may tell the version and the start', async () => {
    expect(await ask({ id: 'app-1', url: `${base}/` }, '{{url}}/health?x={{instance}}')).toEqual({
      health: 'ok',
      answered: true,
      warmingUp: false,
      version: '3.1',
      startedAt: '2026-01-02T03:04:05Z',
    });
    expect(asked.at(-1)).toBe('/health?x=app-1');
  });

  test('200 with "degraded" in it is not healthy', async () => {
    expect(await ask({ id: 'a', url: base }, '{{url}}/?status=degraded')).toMatchObject({
      health: 'critical',
      detail: 'status is "degraded"',
    });
  });

  test('an instance that says that it is starting is not held against it', async () => {
    expect(await ask({ id: 'a', url: base }, '{{url}}/?status=starting')).toMatchObject({
      health: 'critical',
      warmingUp: true,
    });
  });

  test('a field cannot lead the question somewhere else', async () => {
    const host = { id: 'a', host: 'elsewhere.invalid/?', path: '../admin?x#' };
    await ask(host, `${base}/health/{{path}}/{{host}}`);
    expect(asked.at(-1)).toBe('/health/..%2Fadmin%3Fx%23/elsewhere.invalid%2F%3F');
  });

  test.each([
    ['an emoji', '🚀', '%F0%9F%9A%80'],
    ['half of one', '\uD83D', '%EF%BF%BD'],
    ['a control character', 'a\u0000b\u001B', 'a%00b%1B'],
    ['an emoji of several parts', '👩‍🚒', '%F0%9F%91%A9%E2%80%8D%F0%9F%9A%92'],
  ])('a field with %s is written so that it can be sent', async (_, zone, sent) => {
    expect(await ask({ id: 'a', zone }, `${base}/health/{{zone}}`)).toMatchObject({ health: 'ok' });
    expect(asked.at(-1)).toBe(`/health/${sent}`);
  });

  test('a base URL that cannot be sent leaves the instance unknown', async () => {
    for (const url of ['http://%zz:%@127.0.0.1', 'http://\uD83D', 'nonsense'])
      expect(await ask({ id: 'a', url }, '{{url}}/health')).toMatchObject({ health: 'unknown' });
  });

  test('is not known where the list does not say what the URL needs', async () => {
    expect(await ask({ id: 'a' }, '{{url}}/health')).toMatchObject({ health: 'unknown' });
  });

  test('is not known where the name of the instance does not resolve: that says nothing about it', async () => {
    expect(await ask({ id: 'a' }, 'http://{{instance}}.invalid/')).toMatchObject({ health: 'unknown' });
  });

  test('one and the same URL for all instances is a mistake', () => {
    expect(() => checkHealthTemplate('http://127.0.0.1/health')).toThrow(expect.objectContaining({ kind: 'usage' }));
  });
});
