import { test as base } from 'vitest';
import { RunbookError } from '../../../../src/engine/errors.ts';
import type { Json } from '../../../../src/engine/json.ts';
import { openKubernetes } from '../../../../src/clients/kubernetes/client.ts';
import { openConnection } from '../../../../src/clients/kubernetes/connection.ts';
import { openMirror } from '../../../../src/clients/kubernetes/mirror.ts';
import type { Kubernetes, Write } from '../../../../src/clients/kubernetes/port.ts';
import type { KubernetesWorkloadConfig } from '../../../../src/providers/workload/kubernetes/config.ts';
import { openService, type Service } from '../../../../src/providers/workload/kubernetes/service.ts';
import type { Access } from '../../../rigs/kubernetes/access.ts';
import { type Control, controlOf } from '../../../rigs/kubernetes/control.ts';
import { sharedCluster } from '../../../rigs/kubernetes/shared.ts';
import type { Rule } from '../../../rigs/kubernetes/users.ts';
import { newCall } from '../call.ts';
import { haveTimeForPrograms } from '../../../patience.ts';

haveTimeForPrograms();

export interface ServiceOptions {
  readonly config?: Partial<KubernetesWorkloadConfig>;
  /** What the user may do in the namespace; default: everything. */
  readonly rules?: readonly Rule[];
  /** Between the adapter and the cluster. */
  readonly through?: (client: Kubernetes) => Kubernetes;
}

/** A namespace of the real control plane, and adapters as new processes would open them. */
export interface NamespaceRig {
  readonly cluster: Access;
  readonly control: Control;
  readonly namespace: string;
  service(options?: ServiceOptions): Promise<Service>;
}

const configured: KubernetesWorkloadConfig = {
  kind: 'deployment',
  name: 'checkout',
  service: 'checkout',
  drainMs: 1000,
  readyTimeoutMs: 60_000,
  unhealthyThreshold: 3,
  scaling: { min: 1, max: 9 },
  scheduleImage: 'registry.test/kubectl:1.36.3',
};

const { clock } = newCall();
let users = 0;

const openRig = async (cluster: Access): Promise<NamespaceRig> => {
  const namespace = await cluster.namespace();
  return {
    cluster,
    namespace,
    control: controlOf(cluster.api, namespace),
    service: async ({ config = {}, rules, through = (client: Kubernetes) => client } = {}) => {
      users += 1;
      const user = rules && (await cluster.userFor(namespace, `operator-${users}`, rules));
      const kubeconfig = cluster.kubeconfig(user ? { credential: { token: user.token } } : {});
      const deps = {
        env: { KUBECONFIG: kubeconfig },
        clock,
        redact: (text: string) => text,
        remember: () => undefined,
      };
      const connection = await openConnection({ context: 'rig', namespace }, deps);
      const client = through(openKubernetes(connection, { clock }));
      return openService({ ...configured, ...config }, client, { openMirror, redact: deps.redact });
    },
  };
};

export const test = base.extend<{ cluster: Access; rig: NamespaceRig }>({
  cluster: [
    // oxlint-disable-next-line no-empty-pattern -- what a fixture depends on is read from its first parameter
    async ({}, use) => {
      const cluster = await sharedCluster();
      await use(cluster);
      cluster.close();
    },
    { scope: 'file' },
  ],
  rig: async ({ cluster }, use) => {
    const rig = await openRig(cluster);
    await use(rig);
    await cluster.removeNamespace(rig.namespace);
  },
});

/** A process that is killed at its `n`-th change: right before the cluster takes it, or right after (`sent`). */
export const killedAt = (n: number, sent: boolean) => {
  const killed = new Error('killed');
  let changes = 0;
  let dead = false;
  const read = <Result>(ask: () => Promise<Result>): Promise<Result> => (dead ? Promise.reject(killed) : ask());
  const write = async <Result>({ dryRun }: Write, ask: () => Promise<Result>): Promise<Result> => {
    if (dead) throw killed;
    if (dryRun) return ask();
    const isLast = changes === n - 1;
    dead = isLast && !sent;
    if (dead) throw killed;
    // One that the cluster refused, because of a newer version, is none.
    const answer = await ask();
    changes += 1;
    dead = isLast;
    if (dead) throw killed;
    return answer;
  };
  return (client: Kubernetes): Kubernetes => ({
    ...client,
    get: <Item>(...of: Parameters<Kubernetes['get']>) => read(() => client.get<Item>(...of)),
    find: <Item>(...of: Parameters<Kubernetes['find']>) => read(() => client.find<Item>(...of)),
    list: <Item>(...of: Parameters<Kubernetes['list']>) => read(() => client.list<Item>(...of)),
    create: <Item>(...of: Parameters<Kubernetes['create']>) => write(of[2], () => client.create<Item>(...of)),
    patch: <Item>(...of: Parameters<Kubernetes['patch']>) => write(of[3], () => client.patch<Item>(...of)),
    remove: (...of) => write(of[2], () => client.remove(...of)),
  });
};

/** The first `times` changes that `which` names fail: refused, or by a network that does not send them or loses the answer. */
export const failing = (
  times: number,
  how: 'unreachable' | 'unknown' | 'refused',
  which: (body: Json) => boolean = () => true,
): NonNullable<ServiceOptions['through']> => {
  let left = times;
  return (client) => ({
    ...client,
    patch: async <Item>(...of: Parameters<Kubernetes['patch']>) => {
      const fails = !of[3].dryRun && which(of[2]) && left-- > 0;
      if (!fails) return client.patch<Item>(...of);
      if (how === 'unknown') await client.patch<Item>(...of);
      throw new RunbookError(how, 'the connection broke');
    },
  });
};
