import type { JsonObject } from '../../../../engine/json.ts';
import { type AutoscalerKind, type AutoscalerManifest, complaint } from './autoscaler-kind.ts';

const directions = ['scaleUp', 'scaleDown'] as const;

interface ScalingRules extends JsonObject {
  readonly selectPolicy?: string;
}

export interface Hpa extends AutoscalerManifest {
  readonly spec: AutoscalerManifest['spec'] & {
    /** 1 where it is absent. */
    readonly minReplicas?: number;
    readonly maxReplicas: number;
    readonly behavior?: JsonObject & { readonly [Direction in (typeof directions)[number]]?: ScalingRules };
  };
}

/**
 * A HorizontalPodAutoscaler. What Kubernetes 1.36 does (pkg/controller/podautoscaler/horizontal.go): a count outside of the limits is set
 * back to the nearer one whatever the metrics and the behaviour say; at 0 it does nothing at all, until somebody sets another count,
 * unless its minimum is 0 (feature gate HPAScaleToZero).
 */
export const hpaKind: AutoscalerKind<Hpa> = {
  kind: 'HorizontalPodAutoscaler',
  word: 'hpa',
  resource: { api: 'autoscaling/v2', plural: 'horizontalpodautoscalers' },
  facts: (hpa) => ({
    min: hpa.spec.minReplicas ?? 1,
    max: hpa.spec.maxReplicas,
    inactive: isHeld(hpa) ? 'scaling is disabled in both directions' : undefined,
    complaints: (hpa.status?.conditions ?? [])
      .filter(({ type, status, reason }) => complains.has(type) && status === 'False' && reason !== 'ScalingDisabled')
      .map(complaint),
  }),
  limits: (min, max) => ({ spec: { minReplicas: min, maxReplicas: max } }),
  heldFields: ({ spec: { behavior } }) => ({ behavior: behavior ?? null }),
  hold: { spec: { behavior: { scaleUp: { selectPolicy: 'Disabled' }, scaleDown: { selectPolicy: 'Disabled' } } } },
  isHeld: (hpa) => isHeld(hpa),
  release: (before) => ({ spec: { behavior: released(before['behavior'] as Hpa['spec']['behavior'] | null) } }),
  holdCommand: (name) => ['patch', 'hpa', name, '--type', 'merge', '-p', JSON.stringify(hpaKind.hold)],
  releaseCommand: (name, before) => [
    'patch',
    'hpa',
    name,
    '--type',
    'merge',
    '-p',
    JSON.stringify(hpaKind.release(before)),
  ],
};

const complains = new Set(['AbleToScale', 'ScalingActive']);

const isHeld = ({ spec: { behavior } }: Hpa): boolean =>
  directions.every((direction) => behavior?.[direction]?.selectPolicy === 'Disabled');

/** Only what the hold changed: policies that somebody edited meanwhile stay as they are. */
const released = (before: Hpa['spec']['behavior'] | null): JsonObject | null => {
  if (!before) return null;
  return Object.fromEntries(
    directions.map((direction) => {
      const rules = before[direction];
      return [direction, rules ? { selectPolicy: rules.selectPolicy ?? null } : null];
    }),
  );
};
