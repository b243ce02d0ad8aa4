import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as send } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import type { Access } from './access.ts';
import { filesOf } from './state.ts';

/** What came through the gate. */
export interface Passing {
  /** As RBAC names it: get, list, watch, create, update, patch, delete. */
  readonly verb: string;
  /** The last word of the resource's path: `pods`, `deployments`, `scale`, `eviction`. */
  readonly resource: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  /** The server was asked to keep nothing of it. */
  readonly dryRun: boolean;
}

/** A way to the API server that notes each request, and where a test does something right before or after one. Who asks is the administrator. */
export interface Gate {
  readonly url: string;
  /** All that asked so far, in the order in which they came. */
  readonly passed: readonly Passing[];
  /** The changes among them: neither reads nor dry runs. */
  changes(): readonly Passing[];
  /** Called before a request goes to the server; it goes when this has ended. */
  before: (passing: Passing) => Promise<void> | void;
  /** Called when the server has answered; the answer goes on when this has ended. */
  after: (passing: Passing) => Promise<void> | void;
  close(): Promise<void>;
}

export const openGate = async (access: Access): Promise<Gate> => {
  const files = filesOf(access.state.directory);
  const agent = new Agent({
    ca: access.read(files.ca),
    cert: access.read(files.adminCertificate),
    key: access.read(files.adminKey),
    keepAlive: true,
  });
  const passed: Passing[] = [];

  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const passing = passingOf(request, body);
    passed.push(passing);
    await gate.before(passing);
    const { host: _, authorization: __, ...headers } = request.headers;
    const onward = send(new URL(request.url ?? '/', access.url), { agent, method: request.method ?? 'GET', headers });
    // A watch ends when the one who asked goes away.
    response.on('close', () => onward.destroy());
    onward.end(body);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    await gate.after(passing);
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    await pipeline(answer, response);
  };
  const server = createServer(
    { cert: access.read(files.serverCertificate), key: access.read(files.serverKey) },
    (request, response) =>
      // Broken connections are part of what is tried.
      void pass(request, response).catch(() => response.destroy()),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gate: Gate = {
    url: `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    passed,
    changes: () => passed.filter(({ verb, dryRun }) => !dryRun && !['get', 'list', 'watch'].includes(verb)),
    before: () => undefined,
    after: () => undefined,
    close: async () => {
      const gone = once(server, 'close');
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await gone;
    },
  };
  return gate;
};

const verbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

const passingOf = ({ method = 'GET', url = '/' }: IncomingMessage, body: string): Passing => {
  const { pathname: path, searchParams: query } = new URL(url, 'https://gate');
  const parts = path.replace(/^.*\/namespaces\/[^/]+\//, '').split('/');
  const [resource = '', name, subresource] = parts;
  const read =
    query.get('watch') === 'true' || query.get('watch') === '1' ? 'watch' : name === undefined ? 'list' : 'get';
  return {
    verb: verbs[method] ?? read,
    resource: subresource ?? resource,
    path,
    query,
    body,
    dryRun: query.has('dryRun'),
  };
};
