import * as shapes from '../objects/shapes.ts';
import { type AutoscalerKind, type AutoscalerManifest, complaint } from './autoscaler-kind.ts';

export interface ScaledObject extends AutoscalerManifest {
  readonly spec: AutoscalerManifest['spec'] & {
    /** 0 where it is absent. */
    readonly minReplicaCount?: number;
    /** 100 where it is absent. */
    readonly maxReplicaCount?: number;
  };
}

const prefix = 'autoscaling.keda.sh/';
const paused = `${prefix}paused`;
const pausedReplicas = `${prefix}paused-replicas`;

/**
 * A ScaledObject of KEDA, which keeps an HPA of its own for it: only the ScaledObject is ever changed. A pause ends its loop and deletes
 * that HPA; the count stays as it is. Annotations and defaults: apis/keda/v1alpha1/scaledobject_types.go of KEDA 2.
 */
export const kedaKind: AutoscalerKind<ScaledObject> = {
  kind: 'ScaledObject',
  word: 'scaledobject',
  resource: { api: 'keda.sh/v1alpha1', plural: 'scaledobjects', shape: shapes.scaledObject },
  facts: (object) => ({
    min: object.spec.minReplicaCount ?? 0,
    max: object.spec.maxReplicaCount ?? 100,
    inactive: inactive(object),
    complaints: (object.status?.conditions ?? [])
      .filter(
        ({ type, status }) => (type === 'Ready' && status === 'False') || (type === 'Fallback' && status === 'True'),
      )
      .map(complaint),
  }),
  limits: (min, max) => ({ spec: { minReplicaCount: min, maxReplicaCount: max } }),
  heldFields: ({ metadata }) => ({ paused: metadata.annotations?.[paused] ?? null }),
  hold: { metadata: { annotations: { [paused]: 'true' } } },
  isHeld: ({ metadata }) => isTrue(metadata.annotations?.[paused]),
  release: (before) => ({ metadata: { annotations: { [paused]: before['paused'] ?? null } } }),
  holdCommand: (name) => ['annotate', 'scaledobject', name, '--overwrite', `${paused}=true`],
  releaseCommand: (name, before) => [
    'annotate',
    'scaledobject',
    name,
    ...(typeof before['paused'] === 'string' ? ['--overwrite', `${paused}=${before['paused']}`] : [`${paused}-`]),
  ],
};

/** Has KEDA itself said that it stopped? */
export const saysPaused = ({ status }: AutoscalerManifest): boolean =>
  status?.conditions?.some((one) => one.type === 'Paused' && one.status === 'True') ?? false;

const inactive = ({ metadata: { annotations = {} } }: ScaledObject): string | undefined => {
  const at = annotations[pausedReplicas];
  if (at !== undefined) return `paused at ${at}`;
  if (isTrue(annotations[paused])) return 'paused';
  return isTrue(annotations[`${prefix}paused-scale-in`]) && isTrue(annotations[`${prefix}paused-scale-out`])
    ? 'paused in both directions'
    : undefined;
};

const falsities = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);
/** KEDA takes everything for a yes that Go does not read as a no. */
const isTrue = (value: string | undefined): boolean => value !== undefined && !falsities.has(value);
