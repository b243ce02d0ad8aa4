import { Agent, get, type IncomingMessage } from 'node:http';
import { loopback } from '../ports.ts';
import { balancerHeader, type Routing } from './messages.ts';

/** One instance as the load balancer sees it. */
export interface Backend {
  readonly key: string;
  readonly port: number;
  readonly agent: Agent;
  ready: boolean;
}

export interface Backends {
  /** Takes the new list: those that are not in it any more are forgotten, new ones get requests once they say "ready". */
  set(list: Routing['backends']): void;
  /** The next ready one in turn, leaving out those already tried; undefined where there is none. */
  next(tried: ReadonlySet<Backend>): Backend | undefined;
}

const checkEveryMs = 100;
const checkTimeoutMs = 2000;
/** One late answer is no reason to take an instance out: the machine may be busy. */
const timeoutsAllowed = 3;

/** Checks each instance's `/health/ready` ten times a second for as long as it is in the list. */
export const createBackends = (): Backends => {
  const backends = new Map<string, Backend>();
  let turn = 0;

  const watch = async (backend: Backend): Promise<void> => {
    const checks = new Agent({ keepAlive: true, maxSockets: 1 });
    let timeouts = 0;
    while (backends.get(backend.key) === backend) {
      const answer = await check(backend.port, checks);
      timeouts = answer === 'late' ? timeouts + 1 : 0;
      if (answer !== 'late') backend.ready = answer === 'ready';
      else if (timeouts >= timeoutsAllowed) backend.ready = false;
      await new Promise((resolve) => setTimeout(resolve, checkEveryMs));
    }
    checks.destroy();
    backend.agent.destroy();
  };

  return {
    set: (list) => {
      const keys = new Set(list.map(({ key }) => key));
      for (const key of backends.keys()) if (!keys.has(key)) backends.delete(key);
      for (const { key, port } of list) {
        if (backends.has(key)) continue;
        const backend = { key, port, agent: new Agent({ keepAlive: true }), ready: false };
        backends.set(key, backend);
        void watch(backend);
      }
    },
    next: (tried) => {
      const ready = [...backends.values()].filter((backend) => backend.ready && !tried.has(backend));
      turn = (turn + 1) % 1_000_000;
      return ready[turn % Math.max(ready.length, 1)];
    },
  };
};

const check = (port: number, agent: Agent): Promise<'ready' | 'not ready' | 'late'> =>
  new Promise((resolve) => {
    const headers = { [balancerHeader]: '1' };
    const request = get({ host: loopback, port, path: '/health/ready', agent, headers, timeout: checkTimeoutMs });
    request.once('response', (response: IncomingMessage) => {
      response.resume();
      response.once('end', () => {
        resolve(response.statusCode === 200 ? 'ready' : 'not ready');
      });
    });
    request.once('timeout', () => {
      resolve('late');
      request.destroy();
    });
    request.once('error', () => {
      resolve('not ready');
    });
  });
