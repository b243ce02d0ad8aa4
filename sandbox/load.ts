import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LoadCount {
  readonly requests: number;
  /** Anything but a complete answer with status 200. */
  readonly failed: number;
  /** Why, and how often: "HTTP 503", "ECONNRESET". */
  readonly reasons: ReadonlyMap<string, number>;
}

export interface Load {
  count(): LoadCount;
  /** Resolves when that many requests have been answered in all. */
  until(requests: number): Promise<void>;
  /** Sends no more, waits for those under way, and resolves to the count of all. */
  stop(): Promise<LoadCount>;
}

const timeoutMs = 10_000;
const tickMs = 10;

/** Puts a steady load on `url`: `perSecond` requests, over kept connections, whether or not the ones before are answered. */
export const startLoad = (url: string, perSecond: number): Load => {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const reasons = new Map<string, number>();
  const began = performance.now();
  let sent = 0;
  let answered = 0;
  let failed = 0;
  const send = async (): Promise<void> => {
    sent += 1;
    const reason = await request(url, agent);
    answered += 1;
    if (reason === undefined) return;
    failed += 1;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * perSecond);
    // A pause of this process is not made up for with a burst.
    for (let burst = Math.min(due - sent, perSecond / 10); burst > 0; burst -= 1) void send();
    sent = Math.max(sent, due);
  }, tickMs);
  const count = (): LoadCount => ({ requests: answered, failed, reasons });
  return {
    count,
    until: async (requests) => {
      while (count().requests < requests) await sleep(tickMs);
    },
    stop: async () => {
      clearInterval(timer);
      await agentIdle(agent);
      agent.destroy();
      return count();
    },
  };
};

const agentIdle = async (agent: Agent): Promise<void> => {
  while (Object.keys(agent.sockets).length + Object.keys(agent.requests).length > 0) await sleep(tickMs);
};

/** Resolves to the reason of the failure; undefined for a complete 200. */
const request = (url: string, agent: Agent): Promise<string | undefined> =>
  new Promise((resolve) => {
    const outgoing = get(url, { agent, timeout: timeoutMs }, (response) => {
      response.resume();
      response.once('end', () => {
        resolve(response.statusCode === 200 ? undefined : `HTTP ${String(response.statusCode)}`);
      });
      response.once('error', (error: NodeJS.ErrnoException) => {
        resolve(error.code ?? error.message);
      });
    });
    outgoing.once('timeout', () => {
      outgoing.destroy(new Error('timeout'));
    });
    outgoing.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
    });
  });
