import { digest } from '../../../../engine/change.ts';
import type { Kind } from '../config.ts';
import {
  type ControllerRevision,
  controllerOf,
  type PodTemplate,
  type ReplicaSet,
  resources,
} from '../objects/objects.ts';
import type { Snapshot } from '../objects/snapshot.ts';

/** One state that the pod template had: a ReplicaSet of a Deployment, a ControllerRevision of the other kinds. */
export interface Revision {
  readonly uid: string;
  readonly name: string;
  readonly ownerUid: string | undefined;
  /** Counts up; 0 where its controller has not numbered it yet. */
  readonly number: number;
  /** What its pods carry as their hash label. */
  readonly hash: string | undefined;
  /** Of the template: equal for equal templates, whatever hash label was added. */
  readonly templateDigest: string;
}

/** With everything that going back to it needs. */
export interface FullRevision extends Revision {
  readonly template: PodTemplate;
  readonly createdAt: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Where the revisions of a kind are kept. */
export const revisionResource = (kind: Kind) =>
  kind === 'deployment' ? resources.replicaSets : resources.controllerRevisions;

export type RevisionObject = ReplicaSet | ControllerRevision;

export const revisionOf = (kind: Kind, object: RevisionObject): Revision => {
  const { template: _, createdAt: __, annotations: ___, ...slim } = fullRevisionOf(kind, object);
  return slim;
};

export const fullRevisionOf = (kind: Kind, object: RevisionObject): FullRevision => {
  const { metadata } = object;
  const isReplicaSet = 'spec' in object;
  const kept = isReplicaSet ? object.spec.template : object.data?.spec?.template;
  const template = plainTemplate(kept ?? { metadata: {}, spec: {} });
  const number = isReplicaSet ? numberIn(metadata.annotations?.['deployment.kubernetes.io/revision']) : object.revision;
  return {
    uid: metadata.uid,
    name: metadata.name,
    ownerUid: controllerOf(metadata),
    number,
    hash:
      kind === 'deployment'
        ? metadata.labels?.['pod-template-hash']
        : // The pods of a StatefulSet carry the whole name, those of a DaemonSet only the hash.
          kind === 'statefulset'
          ? metadata.name
          : metadata.labels?.['controller-revision-hash'],
    templateDigest: templateDigest(template),
    template,
    createdAt: metadata.creationTimestamp,
    annotations: metadata.annotations ?? {},
  };
};

/** 0 for what is not a number: it is older than all that have one. */
const numberIn = (annotation = ''): number => (/^\d{1,15}$/.test(annotation) ? Number(annotation) : 0);

/** A template without what its controller adds when it keeps it. */
export const plainTemplate = (template: PodTemplate): PodTemplate => {
  const { $patch: _, ...rest } = template;
  // Servers up to 1.33 write an empty creationTimestamp into templates, newer ones do not.
  const { labels, creationTimestamp: ___, ...metadata } = template.metadata;
  const { 'pod-template-hash': __, ...own } = labels ?? {};
  const kept = Object.keys(own).length === 0 ? metadata : { ...metadata, labels: own };
  return { ...rest, metadata: kept, spec: template.spec };
};

/** Equal for equal templates, whatever their controller has added. */
export const templateDigest = (template: PodTemplate): string => digest(plainTemplate(template));

/** The revision that the object's present template is, if its controller has made it already. */
export const presentRevision = <One extends Revision>(
  snapshot: Snapshot,
  revisions: Iterable<One>,
  wanted = templateDigest(snapshot.template),
): One | undefined => {
  let found: One | undefined;
  for (const one of revisions)
    if (one.ownerUid === snapshot.uid && one.templateDigest === wanted && one.number >= (found?.number ?? 0))
      found = one;
  if (found || snapshot.observedGeneration < snapshot.generation) return found;
  // A template that was kept by an older server need not be written the same way: then its controller's own word counts.
  for (const one of revisions)
    if (
      one.ownerUid === snapshot.uid &&
      (one.name === snapshot.updateRevision || String(one.number) === snapshot.revision)
    )
      return one;
  return undefined;
};
