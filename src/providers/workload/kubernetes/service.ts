import type { Target } from '../../../engine/change.ts';
import { ApiFailure, isStatus } from '../../../clients/kubernetes/failure.ts';
import type { Mirror } from '../../../clients/kubernetes/mirror.ts';
import type { Kubernetes, Resource } from '../../../clients/kubernetes/port.ts';
import type { Call } from '../port.ts';
import type { KubernetesWorkloadConfig, KubernetesWorkloadDeps } from './config.ts';
import { nextChangeOf } from './writing/next-change.ts';
import { type Pod, resourceOf, resources, type WorkloadObject } from './objects/objects.ts';
import { type PodView, podView } from './objects/pods.ts';
import {
  presentRevision,
  type Revision,
  revisionOf,
  type RevisionObject,
  revisionResource,
  templateDigest,
} from './revisions/revisions.ts';
import { type Snapshot, snapshotOf } from './objects/snapshot.ts';

/** The workload's pods and nobody else's, kept in step with the cluster: one list of each resource, then watches. */
export interface PodsMirror {
  /** Terminating ones included. */
  pods(): readonly PodView[];
  /** The hash of the pods that have the template of `snapshot`; undefined while its controller has not made that revision. */
  hashOf(snapshot: Snapshot): string | undefined;
  /** As that of a `Mirror`. */
  changed(): Promise<void>;
  close(): void;
}

/** The object that the workload is, and its pods. */
export interface Service {
  readonly config: KubernetesWorkloadConfig;
  readonly client: Kubernetes;
  readonly deps: KubernetesWorkloadDeps;
  readonly resource: Resource;
  /** `deployment/checkout-api` in the pinned cluster and namespace. */
  readonly target: Target;
  /** Errors: an `ApiFailure` 404 of kind `usage` where it is not there. */
  read(signal: AbortSignal): Promise<Snapshot>;
  /** For what rejects: says of a 404 what is configured wrongly, or gone, and throws anything else as it is. */
  notThere(error: unknown): never;
  /** A snapshot of what the server answered to a write. */
  snapshot(raw: WorkloadObject): Snapshot;
  /** Its pods, Terminating ones included, in the order of their names. */
  pods(snapshot: Snapshot, signal: AbortSignal): Promise<readonly PodView[]>;
  /** What keeps its template's history; empty for none. */
  revisions(snapshot: Snapshot, signal: AbortSignal): Promise<readonly Revision[]>;
  /** The object alone; empty when it is gone, another UID when it was made anew. */
  mirror(call: Pick<Call, 'signal' | 'clock' | 'report'>): Promise<Mirror<Snapshot>>;
  mirrorPods(snapshot: Snapshot, call: Pick<Call, 'signal' | 'clock'>): Promise<PodsMirror>;
  /** The kubectl command that does the same here, with context and namespace. */
  kubectl(...words: readonly string[]): string;
}

const selection = ({ selector }: Snapshot) => ({ labelSelector: selector });

export const openService = (
  config: KubernetesWorkloadConfig,
  client: Kubernetes,
  deps: KubernetesWorkloadDeps,
): Service => {
  const { kind, name } = config;
  const resource = resourceOf[kind];

  const revisions: Service['revisions'] = async (snapshot, signal) => {
    const { items } = await client.list<RevisionObject>(revisionResource(kind), { ...selection(snapshot), signal });
    return items.map((one) => revisionOf(kind, one)).filter(({ ownerUid }) => ownerUid === snapshot.uid);
  };

  const kubectl = (...words: readonly string[]): string =>
    ['kubectl', '--context', client.identity.context, '-n', client.identity.namespace, ...words].join(' ');

  const notThere = (error: unknown): never => {
    if (!isStatus(error, 404)) throw error;
    const { namespace, context } = client.identity;
    throw new ApiFailure('usage', `there is no ${kind}/${name} in namespace ${namespace} of context ${context}`, {
      status: error.status,
      reason: error.reason,
      next: [kubectl('get', `${kind}s`), 'correct workload.resource or workload.namespace in runbook.config.yaml'],
    });
  };

  return {
    config,
    client,
    deps,
    resource,
    target: { provider: 'kubernetes', name: `${kind}/${name}`, ...client.identity },
    read: async (signal) => {
      const raw = await client.get<WorkloadObject>(resource, name, { signal }).catch(notThere);
      return snapshotOf(kind, raw);
    },
    notThere,
    snapshot: (raw) => snapshotOf(kind, raw),
    pods: async (snapshot, signal) => {
      const [pods, kept] = await Promise.all([
        // Made smaller at once: what is kept until the others are there is not hundreds of whole pods.
        client
          .list<Pod>(resources.pods, { ...selection(snapshot), signal })
          .then(({ items }) => items.map((pod) => podView(pod, config))),
        kind === 'deployment' ? revisions(snapshot, signal) : [],
      ]);
      const owners = ownersOf(snapshot, kept);
      return pods.filter(({ ownerUid }) => ownerUid !== undefined && owners.has(ownerUid)).toSorted(byName);
    },
    revisions,
    mirror: ({ signal, clock, report }) =>
      deps.openMirror<WorkloadObject, Snapshot>(client, resource, {
        fieldSelector: `metadata.name=${name}`,
        signal,
        clock,
        keep: (raw) => snapshotOf(kind, raw),
        onConnection: (state) =>
          report({
            note: state === 'lost' ? 'the connection to the cluster is lost: trying again' : 'connected again',
          }),
      }),
    mirrorPods: async (snapshot, { signal, clock }) => {
      const [pods, kept] = await Promise.all([
        deps.openMirror<Pod, PodView>(client, resources.pods, {
          ...selection(snapshot),
          signal,
          clock,
          keep: (pod) => podView(pod, config),
        }),
        // A StatefulSet names its revision itself, and owns its pods without anything in between.
        kind === 'statefulset'
          ? undefined
          : deps.openMirror<RevisionObject, Revision>(client, revisionResource(kind), {
              ...selection(snapshot),
              signal,
              clock,
              keep: (one) => revisionOf(kind, one),
            }),
      ]);
      return podsMirror(snapshot, pods, kept);
    },
    kubectl,
  };
};

/** web-2 comes before web-10: what is shorter first. Cheap, because hundreds of pods are sorted several times a second. */
const byName = ({ name: a }: PodView, { name: b }: PodView): number => a.length - b.length || (a < b ? -1 : 1);

/** Who may own the workload's pods: for a Deployment its ReplicaSets, because a selector may match the pods of others too. */
const ownersOf = (snapshot: Snapshot, revisions: Iterable<Revision>): ReadonlySet<string> => {
  if (snapshot.kind !== 'deployment') return new Set([snapshot.uid]);
  const owners = new Set<string>();
  for (const { uid, ownerUid } of revisions) if (ownerUid === snapshot.uid) owners.add(uid);
  return owners;
};

const podsMirror = (opened: Snapshot, pods: Mirror<PodView>, revisions: Mirror<Revision> | undefined): PodsMirror => {
  /** With each new template comes a new generation; the status changes all the time. */
  let digested = { generation: opened.generation, digest: templateDigest(opened.template) };
  const changes = [nextChangeOf(pods), ...(revisions ? [nextChangeOf(revisions)] : [])];
  return {
    pods: () => {
      const owners = ownersOf(opened, revisions?.items.values() ?? []);
      return [...pods.items.values()]
        .filter(({ ownerUid }) => ownerUid !== undefined && owners.has(ownerUid))
        .toSorted(byName);
    },
    hashOf: (snapshot) => {
      if (!revisions) return snapshot.observedGeneration >= snapshot.generation ? snapshot.updateRevision : undefined;
      const { generation, template } = snapshot;
      if (digested.generation !== generation) digested = { generation, digest: templateDigest(template) };
      return presentRevision(snapshot, revisions.items.values(), digested.digest)?.hash;
    },
    changed: () => Promise.race(changes.map((next) => next())),
    close: () => {
      pods.close();
      revisions?.close();
    },
  };
};
