import * as z from 'zod/mini';
import { anyJson } from '../../../../engine/any-json.ts';
import type { JsonObject } from '../../../../engine/json.ts';
import * as shapes from '../objects/shapes.ts';
import { type AutoscalerKind, type AutoscalerManifest, complaint } from './autoscaler-kind.ts';

const directions = ['scaleUp', 'scaleDown'] as const;

/** What a hold changes of it; the rest is kept with it. */
const Rules = z.catchall(z.object({ selectPolicy: z.optional(z.string()) }), anyJson);
const Behavior = z.catchall(z.object({ scaleUp: z.optional(Rules), scaleDown: z.optional(Rules) }), anyJson);
type Behavior = z.output<typeof Behavior>;

export interface Hpa extends AutoscalerManifest {
  readonly spec: AutoscalerManifest['spec'] & {
    /** 1 where it is absent. */
    readonly minReplicas?: number;
    readonly maxReplicas: number;
    readonly behavior?: Behavior;
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
  resource: { api: 'autoscaling/v2', plural: 'horizontalpodautoscalers', shape: shapes.hpa },
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
  release: (before) => ({ spec: { behavior: released(Behavior.safeParse(before['behavior']).data) } }),
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
const released = (before: Behavior | undefined): JsonObject | null => {
  if (!before) return null;
  return Object.fromEntries(
    directions.map((direction) => {
      const rules = before[direction];
      return [direction, rules ? { selectPolicy: rules.selectPolicy ?? null } : null];
    }),
  );
};
