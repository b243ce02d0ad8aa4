import type { Change } from '../../../../engine/change.ts';
import { difference } from '../../../../engine/plan/difference.ts';
import type { Call } from '../../port.ts';
import { basisOf, templateKey, unstamped } from '../writing/basis.ts';
import type { Service } from '../service.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import { templateDifference } from './template-difference.ts';
import { historyOf } from '../views/history.ts';

/**
 * What another process has changed since the plan, line by line; empty where only the count or the status has moved. The record holds
 * nothing but a digest of the template that was planned for: its fields are those of the revision that the cluster keeps of it.
 */
export const changedSince = async (
  service: Service,
  { basis }: Change,
  now: Snapshot,
  call: Pick<Call, 'signal'>,
): Promise<readonly string[]> => {
  const seen = basisOf(now);
  if (seen.template === basis['template']) return difference(basis, { ...basis, ...seen });
  // Without a right to list the revisions, and where none is kept, the images are named.
  const history = await historyOf(service, now, call).catch(() => undefined);
  const planned = history?.revisions.find(({ template }) => templateKey(template) === basis['template']);
  if (!planned) return difference(basis, { ...basis, ...seen });
  const { template: _, images: __, ...rest } = seen;
  return [
    ...templateDifference(unstamped(planned.template), unstamped(now.template), service.deps.redact),
    ...difference(basis, { ...basis, ...rest }),
  ];
};
