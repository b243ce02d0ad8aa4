import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fleet } from './fleet.ts';

const patienceMs = 60_000;

/** Waits until every instance has answered through the load balancer. Throws where one ends, or after a minute. */
export const everyoneServes = async (url: string, fleet: Pick<Fleet, 'instances'>): Promise<void> => {
  const seen = new Set<string>();
  const deadline = performance.now() + patienceMs;
  while (fleet.instances().some(({ id }) => !seen.has(id))) {
    const stopped = fleet.instances().find(({ state }) => state === 'stopped');
    if (stopped !== undefined) throw new Error(`${stopped.id} does not start; see instances.stderr and its log`);
    if (performance.now() > deadline) throw new Error('the instances do not become ready; see their logs');
    const { instance } = await ask(url);
    if (instance === undefined) await sleep(30);
    else seen.add(instance);
  }
};

/** Whether this instance says that it is ready. */
export const isReady = async (url: string): Promise<boolean> => (await ask(`${url}/health/ready`)).status === 200;

/** Sends a GET; the status is absent where there is no answer. `instance` is who answered, where the answer says so. */
export const ask = (url: string): Promise<{ status?: number | undefined; instance?: string | undefined }> =>
  new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 2000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => {
        resolve({ status: response.statusCode, instance: response.statusCode === 200 ? instanceIn(text) : undefined });
      });
      response.once('error', () => {
        resolve({});
      });
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => {
      resolve({});
    });
  });

const instanceIn = (text: string): string | undefined => {
  const body: { instance?: string } = JSON.parse(text);
  return body.instance;
};
