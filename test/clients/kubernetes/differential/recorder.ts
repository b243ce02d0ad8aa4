import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createPlain, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Issued } from '../../../../sandbox/stack/certificates.ts';

/** Who asked, as a server sees it. */
export interface Asked {
  readonly authorization: string;
  /** Name and value, in order. */
  readonly impersonation: readonly string[];
  /** SHA-256 of the client's certificate, in hex. */
  readonly certificate: string;
  readonly serverName: string;
  readonly proxied: boolean;
}

export interface Recorder {
  readonly https: number;
  readonly http: number;
  readonly proxy: number;
  /** What was asked with this word in its path, oldest first; and forgets it. */
  take(word: string): readonly Asked[];
  close(): void;
}

/** Takes every request, over TLS and without, and notes how it was asked. Its proxy is known by `<word>` as the user of its URL. */
export const startRecorder = async (identity: Issued): Promise<Recorder> => {
  const asked = new Map<string, Asked[]>();
  /** The ports of the proxy's own connections: what comes from one of them came through it. */
  const throughProxy = new Set<number>();
  const note = (socket: Socket): void => {
    const port = socket.localPort ?? 0;
    throughProxy.add(port);
    // Another connection may get it.
    socket.once('close', () => throughProxy.delete(port));
  };
  const record = (incoming: IncomingMessage, answer: ServerResponse): void => {
    const word = /w\d+x/.exec(incoming.url ?? '')?.[0] ?? '';
    const { socket } = incoming;
    const peer = 'getPeerCertificate' in socket ? (socket as TLSSocket).getPeerCertificate() : undefined;
    const serverName = 'servername' in socket ? (socket as TLSSocket & { servername?: string | false }).servername : '';
    asked.set(word, [
      ...(asked.get(word) ?? []),
      {
        authorization: comparable(incoming.headers.authorization ?? ''),
        impersonation: impersonationIn(Object.entries(incoming.headersDistinct)),
        certificate: peer && 'raw' in peer ? createHash('sha256').update(peer.raw).digest('hex') : '',
        serverName: typeof serverName === 'string' ? serverName.toLowerCase() : '',
        proxied: throughProxy.has(socket.remotePort ?? 0),
      },
    ]);
    answer.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
    answer.end('{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}');
  };
  const https = createServer(
    { cert: identity.certificate, key: identity.key, requestCert: true, rejectUnauthorized: false },
    record,
  );
  https.on('tlsClientError', () => undefined);
  const http = createPlain(record);
  const proxy = createPlain((incoming, answer) => {
    const target = new URL(incoming.url ?? '');
    const onward = request(target, { method: 'GET', headers: incoming.headers, agent: false }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.once('socket', (socket) => socket.once('connect', () => note(socket)));
    onward.on('error', () => answer.destroy());
    onward.end();
  });
  proxy.on('connect', (incoming, client) => {
    const { hostname, port } = new URL(`http://${incoming.url ?? ''}`);
    const onward = connect(Number(port), hostname, () => {
      note(onward);
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(client).pipe(onward);
    });
    onward.on('error', () => client.destroy());
    client.on('error', () => onward.destroy());
  });
  return {
    https: await listening(https),
    http: await listening(http),
    proxy: await listening(proxy),
    take: (word) => {
      const found = asked.get(word) ?? [];
      asked.delete(word);
      return found;
    },
    close: () => {
      for (const server of [https, http, proxy]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
};

const listening = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

/** Sorted by name; a name is decoded, because what must be escaped in it is not what all escape. */
export const impersonationIn = (
  headers: readonly (readonly [string, string | readonly string[] | undefined])[],
): readonly string[] =>
  headers
    .filter(([name]) => name.toLowerCase().startsWith('impersonate-'))
    .toSorted(([one], [other]) => one.localeCompare(other))
    .flatMap(([name, values]) =>
      [values ?? []].flat().map((value) => `${decodeURIComponent(name.toLowerCase())}: ${bytesAsText(value)}`),
    );

/** Node reads the bytes of a header as Latin-1; what was sent is UTF-8. */
const bytesAsText = (value: string): string => Buffer.from(value, 'latin1').toString('utf8');

/** The token of a plugin holds what it was given, of which a part is JSON, in whatever order. */
export const comparable = (authorization: string): string => {
  const [given = '', ...info] = Buffer.from(authorization.replace(/^Bearer /, ''), 'base64')
    .toString('utf8')
    .split('|{');
  if (info.length === 0) return bytesAsText(authorization);
  return `${given} ${JSON.stringify(sorted(JSON.parse(`{${info.join('|{')}`)))}`;
};

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => one.localeCompare(other))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
};
