import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Access, KubeconfigOptions } from '../../rigs/kubernetes/access.ts';
import type { Cluster } from '../../rigs/kubernetes/cluster.ts';
import { type Control, controlOf } from '../../rigs/kubernetes/control.ts';
import type { Pod } from '../../rigs/kubernetes/objects.ts';
import { sharedCluster } from '../../rigs/kubernetes/shared.ts';
import { deployment, held, type WorkloadOptions } from '../../rigs/kubernetes/workloads.ts';
import { newDirectory, newOperator, writeFiles } from '../rig.ts';
import type { Operator } from '../rig.ts';

/** A namespace of a real control plane, for all tests of a file. */
export interface Stage {
  readonly cluster: Access;
  readonly control: Control;
  /** Creates a Deployment that is ready when it resolves; its name. */
  deploy(name: string, options?: WorkloadOptions): Promise<string>;
  /** The same; its pods are ready, those that take their place are held until `Control.letGo`. */
  deployHeld(name: string, options?: WorkloadOptions): Promise<string>;
  /** Somebody whose configuration names this object (`deployment/<name>` where it has no kind). */
  operator(resource: string, options?: OperatorOptions): Operator;
  /** The versions that the pods of a workload run, and how many of each: `1.0.0 3`. */
  versions(name: string): Promise<readonly string[]>;
  podNames(name: string): Promise<readonly string[]>;
}

export interface OperatorOptions {
  /** Who asks, and where; the administrator and the API server if not given. */
  readonly kubeconfig?: KubeconfigOptions;
  /** More lines of the environment in runbook.config.yaml. */
  readonly lines?: readonly string[];
  /** More keys of its workload. */
  readonly workload?: Readonly<Record<string, string>>;
}

/** Call it at the top of a file. `own` starts a cluster that the file may break, and that ends with it. */
export const useKubernetes = (own?: () => Promise<Cluster>): Stage => {
  let opened: { readonly cluster: Access; readonly control: Control } | undefined;
  let end: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    const started = await own?.();
    end = started && (() => started.stop());
    const cluster = started ?? (await sharedCluster());
    opened = { cluster, control: controlOf(cluster.api, await cluster.namespace()) };
  });
  afterAll(async () => {
    if (end) return end();
    await opened?.cluster.removeNamespace(opened.control.namespace);
    opened?.cluster.close();
  });
  const stage = () => {
    if (opened === undefined) throw new Error('the cluster is not up yet');
    return opened;
  };
  return {
    get cluster() {
      return stage().cluster;
    },
    get control() {
      return stage().control;
    },
    deploy: async (name, options) => {
      await stage().control.createSettled(deployment(name, options));
      return name;
    },
    deployHeld: async (name, options) => {
      await stage().control.createHeld(deployment(name, { behaviour: held, ...options }));
      return name;
    },
    operator: (resource, options = {}) => {
      const { cluster, control } = stage();
      const directory = newDirectory();
      writeFiles(directory, { 'runbook.config.yaml': configuration(resource, control.namespace, options) });
      const kubeconfig = cluster.kubeconfig({ namespace: control.namespace, ...options.kubeconfig });
      return newOperator(join(directory, 'runbook.config.yaml'), { KUBECONFIG: kubeconfig });
    },
    versions: async (name) => {
      const counts = new Map<string, number>();
      for (const pod of await stage().control.pods(name)) {
        const version = versionOf(pod);
        if (pod.metadata.deletionTimestamp === undefined) counts.set(version, (counts.get(version) ?? 0) + 1);
      }
      return [...counts].map(([version, count]) => `${version} ${String(count)}`).toSorted();
    },
    podNames: async (name) => (await stage().control.pods(name)).map(({ metadata }) => metadata.name),
  };
};

const versionOf = ({ metadata }: Pod): string => metadata.labels?.['app.kubernetes.io/version'] ?? 'none';

/** In flow style throughout: what a test adds is a line or a key. */
const configuration = (resource: string, namespace: string, { lines = [], workload = {} }: OperatorOptions): string => {
  const place = {
    provider: 'kubernetes',
    context: 'rig',
    namespace,
    resource: resource.includes('/') ? resource : `deployment/${resource}`,
    ...workload,
  };
  return [
    'version: 1',
    'service: { name: checkout }',
    // Each operator of the tests is that of another service.
    `lock: { scope: '${randomUUID()}' }`,
    'environments:',
    '  staging:',
    `    workload: ${JSON.stringify(place)}`,
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n');
};
