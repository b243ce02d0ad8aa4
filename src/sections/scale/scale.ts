import * as z from 'zod/mini';
import { formatDuration } from '../../engine/duration.ts';
import type { Change } from '../../engine/change.ts';
import type { Finding } from '../../engine/finding.ts';
import type { ActionSpec } from '../../engine/procedure.ts';
import type { Operation, Workload } from '../../providers/workload/port.ts';
import type { Ports } from '../ports.ts';
import { procedure } from '../ports.ts';
import type { Settings } from '../settings.ts';
import { adviseOnAutoscaler, autoscalerIn, autoscalingOf, findAutoscaler, unseenAutoscaler } from './autoscaler.ts';
import { counts, fateOfCount, isWanted, lowestWanted, somethingToDo, withBaseline } from './counts.ts';
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
/** What else a change does, for the one who confirms it. */
type Affects = (findings: ReadonlyMap<string, Finding>, change: Change) => readonly string[];

/**
 * `to` is what was decided when the limits were checked, so that a relative wish is not applied twice. It holds for the count of that
 * moment alone: where that has changed since, one more may have become three fewer. Going back goes from whatever there is.
 */
const changeTo = (
  which: 'to' | 'present',
  of: (workload: Workload) => Operation<{ readonly to: number; readonly expected: number }>,
  affects: Affects = () => [],
): ActionSpec<ScaleInput, ScalePorts> => ({
  tier: 'disruptive',
  plan: async (context, interrupted) => {
    const { workload, settings, signal, clock, findings } = context;
    const { desired } = await workload.status({ signal }, 'brief');
    const { present, [which]: to } = counts(findings);
    const expected = which === 'to' ? present : desired;
    const change = await of(workload).plan({ to, expected }, context, interrupted);
    return {
      ...change,
      blastRadius: [...change.blastRadius, ...affects(findings, change)],
      raises: [...(change.raises ?? []), ...scaleRaises(desired, to, limitsOf(settings), clock.now())],
    };
  },
  apply: (context, change) => of(context.workload).apply(change, context),
  verify: (context, change) => of(context.workload).verify(change, context),
});

const setCount = (workload: Workload) => workload.scale;

const scaling = (affects: Affects): ActionSpec<ScaleInput, ScalePorts> => ({
  ...changeTo('to', setCount, affects),
  undo: () => ({ kind: 'action', id: 'undo', title: 'Back to the count before', ...changeTo('present', setCount) }),
});

const changeLimits = changeTo('to', (workload) => autoscalingOf(workload).setLimits);

/** Changes the number of instances, within the floor and the ceiling, and watches the service after taking some away. */
export const scale = procedure({
  id: 'scale',
  section: '2.6',
  title: 'Change of the number of instances',
  needs: ['workload', 'settings'],
  input: ScaleInput,
  steps: ({ check, precondition, decision, action, verification, watch }) => [
    precondition('limits', 'Within the limits', async ({ workload, settings, input, signal }) => {
      const status = await workload.status({ signal });
      const { desired } = status;
      return withBaseline(
        withinLimits(desired, targetCount(input.wanted, desired), limitsOf(settings)),
        stabilitySample(status),
      );
    }),
    {
      ...check('autoscaling', 'Autoscaler', ({ workload, signal }) => findAutoscaler(workload, { signal })),
      when: ({ workload, findings }) => workload.autoscaling !== undefined && somethingToDo(findings),
    },
    {
      ...decision('autoscaler', 'What to do about the autoscaler', {
        question: 'An autoscaler sets the number of instances. What is to be changed?',
        options: [
          {
            id: 'limits',
            title: 'its limits, so that it sets this number',
            steps: [action('set', 'Change the limits of the autoscaler', changeLimits)],
          },
          {
            id: 'count',
            title: 'the number all the same, past the autoscaler',
            steps: [action('scale', 'Change the number of instances', scaling(fateOfCount))],
          },
        ],
        advise: ({ findings }) => {
          const autoscaler = autoscalerIn(findings.get('autoscaling'));
          return autoscaler && adviseOnAutoscaler(autoscaler, counts(findings));
        },
      }),
      when: ({ findings }) => autoscalerIn(findings.get('autoscaling')) !== undefined,
    },
    {
      ...action(
        'scale',
        'Change the number of instances',
        scaling((findings) => unseenAutoscaler(findings.get('autoscaling'))),
      ),
      when: ({ findings }) => autoscalerIn(findings.get('autoscaling')) === undefined && somethingToDo(findings),
    },
    verification('after', 'Instances after the change', async ({ workload, findings, signal }) => {
      const { desired } = await workload.status({ signal }, 'brief');
      const { to } = counts(findings);
      return {
        verdict: isWanted(desired, findings) ? 'ok' : 'critical',
        summary: `${desired} instances, ${to} wanted`,
      };
    }),
    watch('watch', 'Watch the service', {
      when: ({ input, findings }) => input.watch && counts(findings).to < counts(findings).present,
      forMs: ({ settings }) => (settings.environment.scaling?.watchMinutes ?? 10) * 60_000,
      everyMs: ({ settings }) => Math.min(10_000, (settings.environment.scaling?.watchMinutes ?? 10) * 6000),
      sample: async ({ workload, signal }) => stabilitySample(await workload.status({ signal })),
      endsWhenCritical: true,
      judge: ({ findings, settings }, samples) => {
        const autoscaler = autoscalerIn(findings.get('autoscaling'));
        const { to, baseline } = counts(findings);
        return judgeStability(baseline, samples as readonly StabilitySample[], {
          wanted: to,
          lowest: lowestWanted(findings),
          autoscaler: autoscaler?.name,
          unhealthyThreshold: settings.environment.health.loadBalancer.unhealthyThreshold,
        });
      },
    }),
  ],
  summarise: ({ findings, ms }) => {
    const { present, to } = counts(findings);
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
