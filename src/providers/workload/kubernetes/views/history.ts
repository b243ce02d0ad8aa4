import type { Call } from '../../port.ts';
import {
  type FullRevision,
  fullRevisionOf,
  presentRevision,
  type RevisionObject,
  revisionResource,
} from '../revisions/revisions.ts';
import type { Service } from '../service.ts';
import type { Snapshot } from '../objects/snapshot.ts';

export interface History {
  /** The newest first. */
  readonly revisions: readonly FullRevision[];
  /** The one that the object's template is; undefined while its controller has not made it. */
  readonly present: FullRevision | undefined;
}

/** Every template that the cluster still keeps of this object. */
export const historyOf = async (
  service: Service,
  snapshot: Snapshot,
  { signal }: Pick<Call, 'signal'>,
): Promise<History> => {
  const { kind } = service.config;
  const { items } = await service.client.list<RevisionObject>(revisionResource(kind), {
    labelSelector: snapshot.selector,
    signal,
  });
  const revisions = items
    .map((one) => fullRevisionOf(kind, one))
    .filter(({ ownerUid, number }) => ownerUid === snapshot.uid && number > 0)
    .toSorted((a, b) => b.number - a.number);
  return { revisions, present: presentRevision(snapshot, revisions) };
};

/** What somebody has written down about a revision. */
export const changeCause = ({ annotations }: FullRevision): string | undefined =>
  annotations['kubernetes.io/change-cause'];
