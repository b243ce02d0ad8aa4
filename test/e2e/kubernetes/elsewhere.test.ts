import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useKubernetes } from './stage.ts';

const stage = useKubernetes();

/** Another cluster's server, as far as a connection tells. */
let connections = 0;
const server = createServer((socket) => {
  connections += 1;
  socket.destroy();
});
const url = () => `https://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => void server.close());

test.for(['restart --rolling --yes', 'restart --rolling --dry-run', 'restart status', 'scale up --yes'])(
  'rb %s: a context that leads to another server than the configured one is refused, and that server sees no connection',
  async (line) => {
    const before = connections;
    const operator = stage.operator('checkout', {
      kubeconfig: { url: url() },
      workload: { server: stage.cluster.url },
    });
    const { code, stderr } = await operator.run(line);
    expect([code, stderr]).toEqual([3, expect.stringContaining('leads to')]);
    expect(stderr).toContain(url());
    expect(stderr).toContain(stage.cluster.url);
    expect(connections).toBe(before);
  },
);

test('the same context without a configured server does go there: the server above would have seen it', async () => {
  const before = connections;
  const { code } = await stage.operator('checkout', { kubeconfig: { url: url() } }).run('restart status');
  expect(code).toBe(5);
  expect(connections).toBeGreaterThan(before);
});

test('the present context of the kubeconfig leads elsewhere: the configured one is used all the same', async () => {
  const name = await stage.deploy('pinned');
  const before = connections;
  const operator = stage.operator(name, {
    kubeconfig: { others: [{ name: 'elsewhere', url: url() }], current: 'elsewhere' },
  });
  expect((await operator.run('restart status')).code).toBe(0);
  expect(connections).toBe(before);
});
