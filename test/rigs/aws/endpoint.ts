import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import type { Dispatch } from './dispatch.ts';

export interface Endpoint {
  readonly url: string;
  /** Resolves when no request was under way for a moment. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

interface Deps {
  readonly dispatch: Dispatch;
  /** Before a request is answered: the services are taken on to the present. */
  readonly catchUp: () => void;
  /** Moves the played time on, for programs that cannot be given a clock. */
  readonly advance: (seconds: number) => void;
}

const moment = 20;

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

/** One port on this machine for all services, and `POST /rig/advance?seconds=` for the played time. */
export const startEndpoint = async ({ dispatch, catchUp, advance }: Deps): Promise<Endpoint> => {
  const activity = { underWay: 0, last: 0 };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const body = await bodyOf(request);
    if (url.pathname === '/rig/advance') {
      advance(Number(url.searchParams.get('seconds')));
      response.writeHead(204).end();
      return;
    }
    catchUp();
    const header = (name: string) => request.headers[name]?.toString();
    const answer = dispatch({ method: request.method ?? '', url, header, body }, randomUUID());
    if (answer === undefined) request.socket.destroy();
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  };

  const server = createServer((request, response) => {
    activity.underWay += 1;
    response.once('close', () => {
      activity.underWay -= 1;
      activity.last = performance.now();
    });
    handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    quiet: async () => {
      const began = performance.now();
      while (activity.underWay > 0 || performance.now() - Math.max(began, activity.last) < moment)
        await after(moment / 4);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
