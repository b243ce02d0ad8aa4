import { randomUUID } from 'node:crypto';
import { request as send, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { loopback } from '../ports.ts';
import type { Backend, Backends } from './backends.ts';

interface ProxyDeps {
  readonly backends: Backends;
  readonly maintenance: () => boolean;
}

/**
 * Passes each request on to the next ready instance. A request that may be repeated (GET, HEAD) goes to another one where the
 * connection failed before there was an answer. 503 where nobody is ready.
 */
export const createProxy =
  ({ backends, maintenance }: ProxyDeps) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    if (maintenance() && !(request.url ?? '').startsWith('/health')) {
      refuse(response, 503, 'maintenance');
      return;
    }
    const headers = { 'x-request-id': randomUUID(), ...endToEnd(request.headers) };
    const repeatable = request.method === 'GET' || request.method === 'HEAD';
    const tried = new Set<Backend>();
    const attempt = (): void => {
      const backend = backends.next(tried);
      if (backend === undefined) {
        refuse(
          response,
          tried.size === 0 ? 503 : 502,
          tried.size === 0 ? 'no instance is ready' : 'no instance answers',
        );
        return;
      }
      tried.add(backend);
      const { method, url: path } = request;
      const onward = send({ host: loopback, port: backend.port, agent: backend.agent, method, path, headers });
      onward.once('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
        answer.pipe(response);
        answer.once('error', () => response.destroy());
      });
      onward.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED') backend.ready = false;
        if (response.headersSent || response.destroyed) response.destroy();
        else if (repeatable) attempt();
        else refuse(response, 502, 'the instance did not answer');
      });
      response.once('close', () => {
        if (!response.writableFinished) onward.destroy();
      });
      // A stream that has ended cannot be piped again to another instance.
      if (repeatable) onward.end();
      else request.pipe(onward);
    };
    attempt();
  };

const refuse = (response: ServerResponse, status: number, reason: string): void => {
  response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '1' });
  response.end(`${JSON.stringify({ status: 'unavailable', error: reason })}\n`);
};

/** The headers that concern the whole way, not one connection of it (RFC 9110, 7.6.1). */
const endToEnd = (headers: IncomingHttpHeaders): IncomingHttpHeaders => {
  const kept = { ...headers };
  for (const name of [
    'connection',
    'keep-alive',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
  ]) {
    delete kept[name];
  }
  return kept;
};
