import { createServer as createPlain } from 'node:http';
import { connect as connectPlain, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { listing } from '../../src/words/listing.ts';
import { networkFailure, networkPhrase } from '../../src/words/network.ts';

const coded = (code: string, message = code) => Object.assign(new Error(message), { code });

const failing = async (server: Server, secure: boolean, listens = true): Promise<unknown> => {
  const { port } = await new Promise<AddressInfo>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server.address() as AddressInfo));
  });
  if (!listens) await new Promise((resolve) => server.close(resolve));
  const socket = secure ? connect({ port, host: '127.0.0.1' }) : connectPlain({ port, host: '127.0.0.1' });
  return new Promise((resolve) => {
    socket.once('error', (error) => {
      server.close();
      resolve(error);
    });
  });
};

describe('a failure of the network in words', () => {
  test.each([
    ['ENOTFOUND', 'no-such-name', false],
    ['EAI_AGAIN', 'no-resolver', false],
    ['ECONNREFUSED', 'refused', false],
    ['ECONNRESET', 'closed', false],
    ['ENETUNREACH', 'no-route', false],
    ['CERT_HAS_EXPIRED', 'expired', true],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'untrusted', true],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'other-name', true],
    ['ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', 'tls', true],
    ['HPE_INVALID_CONSTANT', 'not-http', false],
  ])('%s is %s', (code, kind, tls) => {
    expect(networkFailure(coded(code))).toMatchObject({ kind, tls });
  });

  test('is known in what other libraries throw, and in several addresses at once', () => {
    expect(networkFailure({ code: 'ECONNREFUSED' })?.kind).toBe('refused');
    expect(networkFailure(Object.assign(new AggregateError([], ''), { code: 'ETIMEDOUT' }))?.kind).toBe('timeout');
  });

  test('while TLS is agreed on is one of TLS', () => {
    expect(networkPhrase(coded('ECONNRESET'))).toBe('the connection broke before the answer');
    expect(networkPhrase(coded('ECONNRESET'), { handshaking: true })).toBe(
      'the connection was closed before TLS was established',
    );
    expect(networkFailure(new Error('strange'), { handshaking: true })).toMatchObject({
      phrase: 'the TLS handshake failed: strange',
      tls: true,
    });
  });

  test('that is not known is told in its own words, on one line', () => {
    for (const unknown of [new Error('strange\nstack'), 'strange', coded('toString', 'strange')]) {
      expect(networkFailure(unknown)).toBeUndefined();
      expect(networkPhrase(unknown)).toBe('strange');
    }
    expect(networkPhrase(new Error('x'.repeat(1000)))).toHaveLength(200);
  });

  test('as real connections have it', async () => {
    expect(networkPhrase(await failing(createServer(), false, false))).toBe('connection refused');
    expect(networkPhrase(await failing(createPlain(), true))).toBe('the other side does not speak TLS');
    const hangsUp = createServer((socket) => socket.end());
    expect(networkFailure(await failing(hangsUp, true), { handshaking: true })?.tls).toBe(true);
  });
});

test('a list in a sentence', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((names) => listing(names))).toEqual([
    'none',
    'a',
    'a and b',
    'a, b and c',
  ]);
  expect(listing(['a', 'b', 'c', 'd'], 2)).toBe('a, b and 2 more');
});
