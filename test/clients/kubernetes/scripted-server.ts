import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { createAuthority } from '../../../sandbox/stack/certificates.ts';

export interface Seen {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Plays an API server: `seen` is the request, `number` counts them from 0. */
export type Script = (answer: ServerResponse, seen: Seen, number: number) => unknown;

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  /** PEM; what its certificate comes from. */
  readonly ca: string;
  readonly requests: readonly Seen[];
  /** How many connections came in, with or without a request. */
  readonly connections: () => number;
  /** Breaks all connections that stand. */
  drop(): void;
  close(): void;
}

export interface ServerOptions {
  /** Of its certificate, from now; negative: expired. Default 10. */
  readonly days?: number;
}

let authority: ReturnType<typeof createAuthority> | undefined;
export const testAuthority = () => (authority ??= createAuthority(() => Date.now()));

/** A real https server on this machine whose answers are written down: for what no real API server does when asked to. */
export const startServer = async (script: Script, { days = 10 }: ServerOptions = {}): Promise<ScriptedServer> => {
  const issuer = await testAuthority();
  const { certificate, key } = await issuer.issue(days);
  const requests: Seen[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer({ cert: certificate, key }, (request, response) => {
    const number = requests.length;
    const seen = {
      method: request.method ?? '',
      url: new URL(request.url ?? '/', 'https://localhost'),
      headers: request.headers,
      body: '',
    };
    requests.push(seen);
    void text(request).then((body) => script(response, Object.assign(seen, { body }), number));
  });
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    ca: issuer.certificate,
    requests,
    connections: () => connections,
    drop,
    close: () => {
      drop();
      server.close();
    },
  };
};

export const send = (answer: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void =>
  void answer.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

/** What an API server answers where it says no. */
export const sendStatus = (
  answer: ServerResponse,
  code: number,
  reason: string,
  message: string,
  { details, headers }: { readonly details?: unknown; readonly headers?: Record<string, string> } = {},
): void =>
  send(answer, { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, details, code }, code, headers);

export const object = (name: string, version: number | string, more: object = {}) => ({
  metadata: { name, uid: `uid-${name}`, resourceVersion: String(version) },
  ...more,
});
