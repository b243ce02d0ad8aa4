import type { Change } from '../../../engine/change.ts';
import { digest } from '../../../engine/change.ts';
import { difference } from '../../../engine/difference.ts';
import type { Json, JsonObject } from '../../../engine/json.ts';
import type { PodTemplate } from './objects.ts';
import { plainTemplate } from './revisions.ts';
import type { Snapshot } from './snapshot.ts';

/** What `kubectl rollout restart` writes into the template, and what is written here: both are the same restart. */
export const restartedAt = 'kubectl.kubernetes.io/restartedAt';

/** A template without the time of its last restart, and without what its controller adds. */
export const unstamped = (template: PodTemplate): PodTemplate => {
  const plain = plainTemplate(template);
  const { annotations, ...metadata } = plain.metadata as { readonly annotations?: JsonObject };
  const { [restartedAt]: _, ...own } = annotations ?? {};
  const kept = Object.keys(own).length === 0 ? metadata : { ...metadata, annotations: own };
  return { ...plain, metadata: kept };
};

export const stampOf = ({ metadata }: PodTemplate): string | undefined => {
  const { annotations } = metadata as { readonly annotations?: Readonly<Record<string, string>> };
  return annotations?.[restartedAt];
};

/** What a person or a pipeline decides about an object; its controller's own notes and its status are left out. */
const decided = ({ raw, labels, annotations }: Snapshot): JsonObject => ({
  labels,
  annotations: Object.fromEntries(
    Object.entries(annotations).filter(([name]) => !name.startsWith('deployment.kubernetes.io/')),
  ),
  spec: { ...(raw.spec as unknown as JsonObject), template: unstamped(raw.spec.template) },
});

/**
 * What a plan rests on: whatever somebody else decides changes it, readiness does not. `generation` is that of the object
 * without the planned change.
 */
export const basisOf = (snapshot: Snapshot, generation: number): JsonObject => {
  const what = decided(snapshot);
  const { template } = what['spec'] as { readonly template: PodTemplate };
  return {
    uid: snapshot.uid,
    generation,
    replicas: snapshot.kind === 'daemonset' ? null : snapshot.replicas,
    paused: snapshot.paused,
    images: imagesOf(snapshot.template),
    template: digest(template),
    metadata: digest({ labels: what['labels'] ?? {}, annotations: what['annotations'] ?? {} }),
  };
};

const imagesOf = ({ spec }: PodTemplate): JsonObject => {
  const { containers } = spec as {
    readonly containers?: readonly { readonly name: string; readonly image?: string }[];
  };
  return Object.fromEntries((containers ?? []).map(({ name, image }): [string, Json] => [name, image ?? '']));
};

/**
 * What somebody else has changed since the plan, line by line; empty where only its status has moved. `planned` is what the plan
 * saw, where this process made it: it tells the fields.
 */
export const changedSince = (change: Change, planned: Snapshot | undefined, now: Snapshot): readonly string[] => {
  const basis = basisOf(now, now.generation);
  const lines = difference(change.basis, basis);
  // The generation counts every change of the spec, so the same one is the same spec.
  if (decisive.every((field) => change.basis[field] === basis[field])) return [];
  if (planned?.uid !== now.uid) return lines;
  const fields = difference(decided(planned), decided(now));
  if (fields.length > 0) return fields;
  const stamp = stampOf(now.template);
  return stamp === undefined ? lines : [`${restartedAt}: ${stamp} now: somebody else restarted it`];
};

const decisive = ['uid', 'generation', 'metadata'];
