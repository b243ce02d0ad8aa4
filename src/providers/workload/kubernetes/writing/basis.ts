import { digest } from '../../../../engine/change.ts';
import type { JsonObject } from '../../../../engine/json.ts';
import type { PodTemplate } from '../objects/objects.ts';
import { plainTemplate } from '../revisions/revisions.ts';
import type { Snapshot } from '../objects/snapshot.ts';

/** What `kubectl rollout restart` writes into the template, and what is written here: both are the same restart. */
export const restartedAt = 'kubectl.kubernetes.io/restartedAt';

/** A template without the time of its last restart, and without what its controller adds. */
export const unstamped = (template: PodTemplate): PodTemplate => {
  const plain = plainTemplate(template);
  const { annotations, ...metadata } = plain.metadata;
  const { [restartedAt]: _, ...own } = annotations ?? {};
  const kept = Object.keys(own).length === 0 ? metadata : { ...metadata, annotations: own };
  return { ...plain, metadata: kept };
};

export const stampOf = ({ metadata }: PodTemplate): string | undefined => metadata.annotations?.[restartedAt];

/** Equal for two templates that differ at most in when they were restarted. */
export const templateKey = (template: PodTemplate): string => digest(unstamped(template));

/**
 * What a rollout depends on. The count is not part of it (an autoscaler changes it all the time), and neither are the generation, which
 * counts those changes too, and the status. The template is there as a digest: its variables may be secrets. Annotations too: one of
 * them may be a copy of the whole object.
 */
export const basisOf = ({ uid, paused, strategy, template, labels, annotations, ...snapshot }: Snapshot) => ({
  uid,
  paused,
  strategy: {
    type: strategy,
    maxUnavailable: snapshot.maxUnavailable ?? null,
    maxSurge: snapshot.maxSurge ?? null,
    partition: snapshot.partition,
    minReadySeconds: snapshot.minReadySeconds,
  },
  images: imagesOf(template),
  template: templateKey(template),
  restartedAt: stampOf(template) ?? null,
  labels,
  annotations: Object.fromEntries(
    Object.entries(annotations)
      .filter(([name]) => !controllersOwn.test(name))
      .map(([name, value]) => [name, digest(value).slice(0, 12)]),
  ),
});

/** Notes that a controller, or the server itself, keeps on the object. */
const controllersOwn = /^(deployment\.kubernetes\.io\/|deprecated\.daemonset\.template\.generation$)/;

const imagesOf = ({ spec: { containers = [] } }: PodTemplate): JsonObject =>
  Object.fromEntries(containers.map(({ name, image }) => [name, image ?? '']));
