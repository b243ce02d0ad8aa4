import * as z from 'zod/mini';
import { formatDuration } from '../../engine/duration.ts';
import type { Finding } from '../../engine/finding.ts';
import type { ActionSpec } from '../../engine/procedure.ts';
import type { Ports } from '../ports.ts';
import { procedure } from '../ports.ts';
import type { Settings } from '../settings.ts';
import { scaleRaises, withinLimits } from './guard.ts';
import type { Limits } from './guard.ts';
import { judgeStability, stabilitySample } from './stability.ts';
import type { StabilitySample } from './stability.ts';
import { targetCount } from './wanted.ts';

const ScaleInput = z.object({
  wanted: z.object({ direction: z.enum(['to', 'up', 'down']), amount: z.int().check(z.gte(0)), percent: z.boolean() }),
  /** Whether to watch the service after instances were taken away. */
  watch: z.boolean(),
});
type ScaleInput = z.output<typeof ScaleInput>;
type ScalePorts = Pick<Ports, 'workload' | 'settings'>;

/** `to` is what was decided when the limits were checked, so that a relative wish is not applied twice. */
const scaleTo = (which: 'to' | 'present'): ActionSpec<ScaleInput, ScalePorts> => ({
  tier: 'disruptive',
  plan: async (context, interrupted) => {
    const { workload, settings, signal, clock, findings } = context;
    const { desired } = await workload.status({ signal });
    const to = counts(findings.get('limits'))[which];
    const change = await workload.scale.plan({ to, expected: desired }, context, interrupted);
    return {
      ...change,
      raises: [...(change.raises ?? []), ...scaleRaises(desired, to, limitsOf(settings), clock.now())],
    };
  },
  apply: (context, change) => context.workload.scale.apply(change, context),
  verify: (context, change) => context.workload.scale.verify(change, context),
});

const scaling: ActionSpec<ScaleInput, ScalePorts> = {
  ...scaleTo('to'),
  undo: () => ({ kind: 'action', id: 'undo', title: 'Back to the count before', ...scaleTo('present') }),
};

/** Changes the number of instances, within the floor and the ceiling, and watches the service after taking some away. */
export const scale = procedure({
  id: 'scale',
  section: '2.6',
  title: 'Change of the number of instances',
  needs: ['workload', 'settings'],
  input: ScaleInput,
  steps: ({ precondition, action, verification, watch }) => [
    precondition('limits', 'Within the limits', async ({ workload, settings, input, signal }) => {
      const { desired } = await workload.status({ signal });
      return withinLimits(desired, targetCount(input.wanted, desired), limitsOf(settings));
    }),
    {
      ...action('scale', 'Change the number of instances', scaling),
      when: ({ findings }) => counts(findings.get('limits')).present !== counts(findings.get('limits')).to,
    },
    verification('after', 'Instances after the change', async ({ workload, findings, signal }) => {
      const { desired } = await workload.status({ signal });
      const { to } = counts(findings.get('limits'));
      return { verdict: desired === to ? 'ok' : 'critical', summary: `${desired} instances, ${to} wanted` };
    }),
    watch('watch', 'Watch the service', {
      when: ({ input, findings }) =>
        input.watch && counts(findings.get('limits')).to < counts(findings.get('limits')).present,
      forMs: ({ settings }) => (settings.environment.scaling?.watchMinutes ?? 10) * 60_000,
      everyMs: ({ settings }) => Math.min(10_000, (settings.environment.scaling?.watchMinutes ?? 10) * 6000),
      sample: async ({ workload, signal }) => stabilitySample(await workload.status({ signal })),
      endsWhenCritical: true,
      judge: ({ findings, settings }, samples) =>
        judgeStability(
          samples as readonly StabilitySample[],
          counts(findings.get('limits')).to,
          settings.environment.health.loadBalancer.unhealthyThreshold,
        ),
    }),
  ],
  summarise: ({ findings, ms }) => {
    const { present, to } = counts(findings.get('limits'));
    if (present === to) return `Nothing to do: ${present} instances already.`;
    const watched = findings.get('watch');
    return `${present} -> ${to} instances in ${formatDuration(ms)}${watched && watched.summary ? `; ${watched.summary}` : ''}.`;
  },
  afterFailure: () => ['rb scale status', 'rb health'],
});

const limitsOf = (settings: Settings): Limits => ({
  ...settings.environment.scaling,
  min: settings.environment.scaling?.min ?? 1,
});

/** The numbers that the first check found. */
const counts = (limits: Finding | undefined): { readonly present: number; readonly to: number } => {
  const data = limits?.data as { readonly present: number; readonly to: number } | undefined;
  return { present: data?.present ?? 0, to: data?.to ?? 0 };
};
