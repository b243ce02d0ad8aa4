import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type LookupFunction,
  type Server,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Probe } from '../../../src/providers/http/port.ts';
import { type HttpDeps, openHttp } from '../../../src/providers/http/probe.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

const listen = async (server: Server): Promise<number> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};
const serve = async (listener: RequestListener) => `http://127.0.0.1:${await listen(createServer(listener))}/health`;
const json =
  (body: unknown, status = 200): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const text =
  (body: string, contentType = 'text/plain'): RequestListener =>
  (_, response) =>
    response.writeHead(200, { 'content-type': contentType }).end(body);
const tcp = (onSocket: (socket: Socket) => void) => listen(createTcpServer(onSocket));
const ask = (url: string, probe: Partial<Probe> = {}, deps: HttpDeps = {}) =>
  openHttp(deps).probe({ url, timeoutMs: 5000, ...probe }, new AbortController().signal);

const leadingTo =
  (address: string): LookupFunction =>
  (_, options, callback) =>
    options.all ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4);

describe('an answer', () => {
  test('with the status and the body that were expected is healthy; more fields may be there', async () => {
    const url = await serve(json({ status: 'ok', db: { ok: true }, latency_ms: 3.5, more: 1 }));
    expect(await ask(url, { body: { status: 'ok', db: { ok: true } }, latencyField: 'latency_ms' })).toMatchObject({
      url,
      healthy: true,
      detail: 'HTTP 200',
      httpStatus: 200,
      reportedLatencyMs: 3.5,
    });
  });

  test.each<[string, unknown, string]>([
    ['another value', { status: 'degraded' }, 'status is "degraded", expected "ok"'],
    ['no such field', {}, 'status is missing, expected "ok"'],
    ['another type', { status: ['ok'] }, 'status is ["ok"], expected "ok"'],
  ])('200 with %s is not healthy', async (_, body, detail) => {
    expect(await ask(await serve(json(body)), { body: { status: 'ok' } })).toMatchObject({
      healthy: false,
      failure: 'body',
      detail,
    });
  });

  test('of another status is not healthy, and its body can be read', async () => {
    const url = await serve(json({ status: 'down' }, 503));
    expect(await ask(url)).toMatchObject({
      healthy: false,
      failure: 'status',
      detail: 'HTTP 503',
      body: { status: 'down' },
    });
    expect(await ask(url, { status: 503 })).toMatchObject({ healthy: true });
  });

  test('that is a login page is not healthy, whatever was expected', async () => {
    const url = await serve((_, response) => response.end('<!DOCTYPE html><title>Log in</title>'));
    expect(await ask(url)).toMatchObject({ healthy: false, failure: 'not-json' });
    expect(await ask(url, { body: { status: 'ok' } })).toMatchObject({ healthy: false, failure: 'not-json' });
  });

  test('that is not JSON is not healthy where a body is expected', async () => {
    const url = await serve((_, response) => response.end('OK'));
    expect(await ask(url, { body: { status: 'ok' } })).toMatchObject({
      failure: 'not-json',
      detail: 'the answer is not a JSON object',
    });
    expect(await ask(url)).toMatchObject({ healthy: true });
  });

  test('that redirects is not healthy, and is not followed', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked += 1;
      response.writeHead(302, { location: 'https://login.example.com/' }).end();
    });
    expect(await ask(url)).toMatchObject({
      failure: 'redirect',
      detail: 'HTTP 302, redirects to https://login.example.com/',
    });
    expect(asked).toBe(1);
  });

  test('without end is read no further than 64 KiB', async () => {
    const url = await serve((_, response) => {
      const write = () => {
        while (!response.destroyed && response.write('x'.repeat(10_000)));
      };
      response.on('drain', write);
      write();
    });
    expect(await ask(url, { body: { status: 'ok' } })).toMatchObject({
      failure: 'unreadable',
      detail: 'the answer is longer than 64 KiB',
    });
  });

  test.each<[string, RequestListener]>([
    ['no body', (_, response) => response.end()],
    ['a word of its own', text('pong')],
    ['"OK"', text('OK\n')],
    ['an object that says nothing of it', json({ uptime: 17 })],
    ['a word that means it', json({ status: 'UP', components: { db: { status: 'UP' } } })],
    ['a status in numbers', json({ status: 200 })],
    ['JSON behind a byte order mark', text('\uFEFF{"status":"ok"}', 'application/json')],
    ['true', json(true)],
  ])('200 with %s is healthy', async (_, listener) => {
    expect(await ask(await serve(listener))).toMatchObject({ healthy: true, detail: 'HTTP 200' });
  });

  test.each<[string, RequestListener, string, string]>([
    ['a bad word in JSON', json({ status: 'DEGRADED' }), 'body', 'status is "DEGRADED"'],
    ['a bad word in text', text('DOWN: no database'), 'body', 'the answer is "DOWN: no database"'],
    ['"not ready"', text('not ready'), 'body', 'the answer is "not ready"'],
    ['ready: false', json({ ready: false }), 'body', 'ready is false'],
    ['an unknown word', json({ status: 'wibble' }), 'unreadable', 'status is "wibble", which rb does not understand'],
    ['a list', json([{ status: 'ok' }]), 'unreadable', expect.stringContaining('which rb does not understand')],
    ['half of its JSON', text('{"status":', 'application/json'), 'unreadable', expect.stringContaining('JSON')],
  ])('200 with %s is not', async (_, listener, failure, detail) => {
    expect(await ask(await serve(listener))).toMatchObject({ healthy: false, failure, detail });
  });

  test('whose words are in the configuration is understood by those', async () => {
    const url = await serve(json({ state: 'wibble', status: 'wobble' }));
    expect(await ask(url, { body: { state: 'wibble' } })).toMatchObject({ healthy: true });
    expect(await ask(url, { body: { status: 'wobble' } })).toMatchObject({ healthy: true });
    const degraded = await serve(json({ state: 'wibble', status: 'degraded' }));
    expect(await ask(degraded, { body: { state: 'wibble' } })).toMatchObject({ healthy: false, failure: 'body' });
  });
});

test('a URL that cannot be sent is a result like any other', async () => {
  expect(await ask('http://us%er:pass%word@127.0.0.1/')).toMatchObject({ healthy: false, failure: 'forbidden' });
});

describe('no answer', () => {
  test('nobody listens', async () => {
    const server = createTcpServer();
    const port = await listen(server);
    server.close();
    await once(server, 'close');
    expect(await ask(`http://127.0.0.1:${port}/`)).toMatchObject({ failure: 'refused', detail: 'connection refused' });
  });

  test.each<[string, RequestListener]>([
    ['before the answer', () => undefined],
    ['in the middle of the answer', (_, response) => void response.writeHead(200).write('{"sta')],
  ])('one deadline for all of it: %s', async (_, listener) => {
    expect(await ask(await serve(listener), { timeoutMs: 200 })).toMatchObject({
      failure: 'timeout',
      detail: 'no answer within 0.2 s',
    });
  });

  test('a server that drips one byte after another does not put the deadline off', async () => {
    const url = await serve((_, response) => {
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    });
    const { failure, ms } = await ask(url, { timeoutMs: 300 });
    expect(failure).toBe('timeout');
    expect(ms).toBeGreaterThanOrEqual(295);
  });

  test('a connection that is closed', async () => {
    const port = await tcp((socket) => socket.once('data', () => socket.destroy()));
    expect(await ask(`http://127.0.0.1:${port}/`)).toMatchObject({ failure: 'reset' });
    const cut = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      setTimeout(() => response.destroy(), 50);
    });
    expect(await ask(cut)).toMatchObject({ failure: 'reset' });
  });

  test('something that is not HTTP', async () => {
    const port = await tcp((socket) => socket.end('SSH-2.0-OpenSSH\r\n'));
    expect(await ask(`http://127.0.0.1:${port}/`)).toMatchObject({
      failure: 'network',
      detail: 'the answer is not HTTP',
    });
  });

  test.each([
    ['ENOTFOUND', 'nxdomain'],
    ['EAI_AGAIN', 'servfail'],
  ])('a name that does not resolve: %s', async (code, failure) => {
    const lookup: LookupFunction = (_, __, callback) => callback(Object.assign(new Error(code), { code }), '', 0);
    expect(await ask('http://checkout.example.com/', {}, { lookup })).toMatchObject({ healthy: false, failure });
  });

  test('when the operator stops it, it rejects with the reason', async () => {
    const url = await serve(() => undefined);
    const abort = new AbortController();
    const asked = openHttp().probe({ url, timeoutMs: 60_000 }, abort.signal);
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await expect(asked).rejects.toThrow('enough');
  });
});

describe('TLS', () => {
  let key: string;
  let cert: string;
  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'rb-tls-'));
    const [keyFile, certFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const subject = ['-subj', '/CN=rig', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-nodes'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-keyout', keyFile, '-out', certFile, ...subject], {
      stdio: 'ignore',
    });
    [key, cert] = await Promise.all([readFile(keyFile, 'utf8'), readFile(certFile, 'utf8')]);
    await rm(directory, { recursive: true });
  });

  test('a certificate that is not trusted is a failure that says so; with its authority it is fine', async () => {
    const url = `https://127.0.0.1:${await listen(createTlsServer({ key, cert }, json({ status: 'ok' })))}/`;
    expect(await ask(url)).toMatchObject({ failure: 'tls', detail: "the server's certificate is self-signed" });
    expect(await ask(url, {}, { ca: [cert] })).toMatchObject({ healthy: true });
  });

  test('a certificate for another name', async () => {
    const port = await listen(createTlsServer({ key, cert }, json({})));
    const lookup = leadingTo('127.0.0.1');
    expect(await ask(`https://other.example.com:${port}/`, {}, { ca: [cert], lookup })).toMatchObject({
      failure: 'tls',
      detail: "the server's certificate is for another name",
    });
  });

  test('the other side speaks plain HTTP', async () => {
    const url = (await serve(json({}))).replace('http:', 'https:');
    expect(await ask(url)).toMatchObject({ failure: 'tls', detail: 'the other side does not speak TLS' });
  });
});

describe('addresses that are not asked', () => {
  test.each([
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'file:///etc/passwd',
    'ftp://example.com/',
    'not a url',
  ])('%s', async (url) => {
    expect(await ask(url)).toMatchObject({ healthy: false, failure: 'forbidden' });
  });

  test('a name that leads to one', async () => {
    const lookup = leadingTo('169.254.169.254');
    expect(await ask('http://innocent.example.com/', {}, { lookup })).toMatchObject({
      failure: 'forbidden',
      detail: expect.stringContaining('169.254.169.254') as string,
    });
  });

  test('a password in a URL is used and not shown', async () => {
    let authorization: string | undefined;
    const url = await serve((request, response) => {
      ({ authorization } = request.headers);
      response.end('{}');
    });
    const result = await ask(url.replace('//', '//ada:s3cret@'));
    expect(result).toMatchObject({ healthy: true, url });
    expect(authorization).toBe(`Basic ${Buffer.from('ada:s3cret').toString('base64')}`);
  });
});
