import { createHash, randomInt, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { productCount } from '../stack/products.ts';
import type { Backing } from './backing.ts';
import type { Drain } from './drain.ts';
import type { Log } from './log.ts';
import { balancerHeader, type InstanceSettings, type Mode } from './messages.ts';

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

interface Deps {
  readonly settings: Pick<InstanceSettings, 'id' | 'version' | 'startedAt'>;
  readonly backing: Backing;
  readonly drain: Drain;
  readonly log: Log;
  readonly mode: () => Mode;
}

type Handler = (request: IncomingMessage) => Promise<Answer>;

const slowByMs = 1000;
const slowStartMs = 5000;

/** Answers one request at a time: the five health endpoints, and `/`, which does a bit of work. */
export const createAnswering = (
  deps: Deps,
): ((request: IncomingMessage, response: ServerResponse) => Promise<void>) => {
  const { drain, log, mode } = deps;
  const routes: Record<string, Handler> = { ...healthRoutes(deps), '/': work(deps) };
  return async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://instance');
    const own = request.headers[balancerHeader] !== undefined;
    if (!own) drain.requestStarted();
    response.once('close', () => {
      if (!own) drain.requestEnded();
      else if (response.statusCode !== 200) drain.balancerKnows();
    });
    request.resume();
    if (mode() === 'slow') await sleep(slowByMs);
    const answer = await answerOf(routes[pathname], request, log);
    response.writeHead(answer.status, {
      'content-type': 'application/json',
      ...(drain.draining && { connection: 'close' }),
    });
    response.end(`${JSON.stringify(answer.body)}\n`);
  };
};

const answerOf = async (handler: Handler | undefined, request: IncomingMessage, log: Log): Promise<Answer> => {
  if (handler === undefined) return { status: 404, body: { error: 'not found' } };
  try {
    return await handler(request);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.write('error', `${request.method ?? ''} ${request.url ?? ''}: ${reason}`);
    return { status: 503, body: { status: 'error', error: 'a service that this one needs does not answer' } };
  }
};

/** The answers that section 4 of the runbook expects. */
const healthRoutes = ({ settings, backing, drain, mode }: Deps): Record<string, Handler> => {
  const { version, startedAt } = settings;
  const starting = (): boolean => mode() === 'slow-start' && Date.now() - Date.parse(startedAt) < slowStartMs;
  const unwell = (): string | undefined => {
    if (mode() === 'unhealthy') return 'unhealthy';
    return starting() ? 'starting' : undefined;
  };
  return {
    '/health': async () => {
      const status = unwell();
      return { status: status === undefined ? 200 : 503, body: { status: status ?? 'ok', version, startedAt } };
    },
    '/health/live': async () => ({ status: 200, body: { status: 'alive', version, startedAt } }),
    '/health/ready': async () => {
      const reason = drain.draining ? 'draining' : unwell();
      if (reason !== undefined) return { status: 503, body: { status: reason } };
      await Promise.all([backing.askDatabase(), backing.askCache()]);
      return { status: 200, body: { status: 'ready' } };
    },
    '/health/db': async () => {
      if (!backing.hasDatabase) return absent('database');
      const began = performance.now();
      await backing.askDatabase();
      return { status: 200, body: { status: 'ok', latency_ms: Math.round((performance.now() - began) * 100) / 100 } };
    },
    '/health/cache': async () => {
      if (!backing.hasCache) return absent('cache');
      await backing.askCache();
      return { status: 200, body: { status: 'ok' } };
    },
  };
};

const absent = (what: string): Answer => ({
  status: 503,
  body: { status: 'absent', error: `this sandbox has no ${what}` },
});

const work = ({ settings, backing, log, mode }: Deps): Handler => {
  let requests = 0;
  return async (request) => {
    requests += 1;
    const began = performance.now();
    const fields = {
      user_id: header(request, 'x-user-id') ?? String(randomInt(1, 201)),
      request_id: header(request, 'x-request-id') ?? randomUUID(),
    };
    if (mode() === 'errors' && requests % 3 === 0) {
      log.write('error', 'payment failed: the card processor rejected the request', fields);
      return { status: 500, body: { error: 'payment failed', request_id: fields.request_id } };
    }
    const product = await backing.product(wantedProduct(request) ?? randomInt(1, productCount + 1));
    const receipt = createHash('sha256')
      .update(JSON.stringify({ ...fields, product }))
      .digest('hex')
      .slice(0, 16);
    log.write('info', `order priced in ${(performance.now() - began).toFixed(1)} ms`, fields);
    const { id, version } = settings;
    return { status: 200, body: { instance: id, version, product: product?.name ?? null, receipt } };
  };
};

const wantedProduct = (request: IncomingMessage): number | undefined => {
  const wanted = Number(new URL(request.url ?? '/', 'http://instance').searchParams.get('product'));
  return Number.isSafeInteger(wanted) && wanted > 0 ? wanted : undefined;
};

const header = (request: IncomingMessage, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
};
