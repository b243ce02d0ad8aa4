import type { Api } from './api.ts';
import type { Condition } from './objects.ts';

/** Creates the nodes that kwok then plays. */
export const createNodes = async (api: Api, count: number): Promise<void> => {
  for (let number = 1; number <= count; number += 1) {
    const name = `node-${String(number)}`;
    const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' };
    await api.post('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } });
  }
};

interface Node {
  readonly spec: { readonly taints?: readonly unknown[] };
  readonly status: { readonly conditions?: readonly Condition[] };
}

/** Whether all nodes are ready and the taint of a new node is taken from them. */
export const nodesReady = async (api: Api): Promise<boolean> => {
  const { items } = await api.get<{ items: readonly Node[] }>('/api/v1/nodes');
  return items.every(
    ({ spec, status }) =>
      (spec.taints ?? []).length === 0 &&
      status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
  );
};
