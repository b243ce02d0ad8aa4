import * as z from 'zod/mini';
import { formatDuration } from '../../words/ages.ts';
import { undoAction } from '../../engine/procedure/build.ts';
import type { Reads } from '../../engine/procedure/context.ts';
import { procedure } from '../ports.ts';
import { readIfSeen } from '../read-if-seen.ts';
import { Autoscaler, adviseOnAutoscaler, autoscalingOf, findAutoscaler, unseenAutoscaler } from './autoscaler.ts';
import { changeCount } from './change-count.ts';
import { Decided, fateOfCount, isWanted, lowestWanted, somethingToDo } from './counts.ts';
import { limitsOf, withinLimits } from './guard.ts';
import { judgeStability, StabilitySample, stabilitySample } from './stability.ts';
import { targetCount } from './wanted.ts';

const ScaleInput = z.object({
  wanted: z.object({ direction: z.enum(['to', 'up', 'down']), amount: z.int().check(z.gte(0)), percent: z.boolean() }),
  /** Whether to watch the service after instances were taken away. */
  watch: z.boolean(),
});
type ScaleInput = z.output<typeof ScaleInput>;
type Affects = NonNullable<Parameters<typeof changeCount<ScaleInput>>[0]['affects']>;

/** Changes the number of instances, within the floor and the ceiling, and watches the service after taking some away. */
export const scale = procedure({
  id: 'scale',
  section: '2.6',
  title: 'Change of the number of instances',
  purpose: 'The load needs more instances, or fewer are enough.',
  needs: { workload: 'required', settings: 'required' },
  input: ScaleInput,
  steps: ({ check, precondition, decision, action, verification, watch }) => {
    const limits = precondition('limits', 'Within the limits', {
      data: Decided,
      look: async ({ ports, input, signal }) => {
        const status = await (await ports.workload()).status({ signal });
        const { desired } = status;
        const to = targetCount(input.wanted, desired);
        const finding = withinLimits(desired, to, limitsOf(await ports.settings()));
        return { ...finding, data: { ...finding.data, baseline: stabilitySample(status) } };
      },
    });
    const autoscaling = check('autoscaling', 'Autoscaler', {
      when: async ({ ports, read }) =>
        (await ports.workload()).autoscaling !== undefined && somethingToDo(read(limits)),
      data: z.nullable(Autoscaler),
      look: async ({ ports, signal }) => findAutoscaler(await ports.workload(), { signal }),
    });
    /** The one that would change the number again; undefined where there is none, it is not active, or it cannot be seen. */
    const autoscalerIn = (reads: Reads): Autoscaler | undefined => {
      const found = readIfSeen(reads, autoscaling);
      return found?.active === true ? found : undefined;
    };

    /**
     * `to` is what was decided when the limits were checked, so that a relative wish is not applied twice. It holds for the count of that
     * moment alone: where that has changed since, one more may have become three fewer.
     */
    const decided = ({ read }: Reads) => ({ to: read(limits).to, expected: read(limits).present });
    const scaling = (affects: Affects) => ({
      ...changeCount<ScaleInput>({ of: (workload) => workload.scale, wanted: decided, affects }),
      undo: () =>
        undoAction(
          'undo',
          'Roll back to the previous count',
          // Going back goes from whatever there is.
          changeCount<ScaleInput>({
            of: (workload) => workload.scale,
            wanted: ({ read }, desired) => ({ to: read(limits).present, expected: desired }),
          }),
        ),
    });
    const set = action(
      'set',
      'Change the limits of the autoscaler',
      changeCount({ of: (workload) => autoscalingOf(workload).setLimits, wanted: decided }),
    );
    const past = action(
      'scale',
      'Change the number of instances',
      scaling((context, change) => fateOfCount(autoscalerIn(context), context.read(limits), change)),
    );
    const autoscaler = decision('autoscaler', 'What to do about the autoscaler', {
      when: (context) => autoscalerIn(context) !== undefined,
      question: 'An autoscaler sets the number of instances. What is to be changed?',
      options: {
        limits: { title: 'its limits, so that it sets this number', steps: [set] },
        count: { title: 'the number all the same, past the autoscaler', steps: [past] },
      },
      advise: (context) => {
        const found = autoscalerIn(context);
        return found && adviseOnAutoscaler(found, context.read(limits));
      },
    });
    const change = action('scale', 'Change the number of instances', {
      ...scaling(({ seen }) => unseenAutoscaler(seen(autoscaling))),
      when: (context) => autoscalerIn(context) === undefined && somethingToDo(context.read(limits)),
    });
    /** The one whose limits were changed. */
    const limited = (reads: Reads) => (reads.seen(set) ? autoscalerIn(reads) : undefined);

    const after = verification('after', 'Instances after the change', {
      look: async (context) => {
        const workload = await context.ports.workload();
        const { desired } = await workload.status({ signal: context.signal }, 'brief');
        const counts = context.read(limits);
        return {
          verdict: isWanted(desired, counts, limited(context)) ? 'ok' : 'critical',
          summary: `${desired} instances, ${counts.to} wanted`,
        };
      },
    });
    const watched = watch('watch', 'Watch the service', {
      when: ({ input, read }) => input.watch && read(limits).to < read(limits).present,
      data: StabilitySample,
      forMs: async ({ ports }) => ((await ports.settings()).environment.scaling?.watchMinutes ?? 10) * 60_000,
      everyMs: async ({ ports }) =>
        Math.min(10_000, ((await ports.settings()).environment.scaling?.watchMinutes ?? 10) * 6000),
      sample: async ({ ports, signal }) => stabilitySample(await (await ports.workload()).status({ signal })),
      endsWhenCritical: true,
      judge: async (context, samples) => {
        const { environment } = await context.ports.settings();
        const counts = context.read(limits);
        return judgeStability(counts.baseline, samples, {
          wanted: counts.to,
          lowest: lowestWanted(counts, limited(context)),
          autoscaler: autoscalerIn(context)?.name,
          unhealthyThreshold: environment.health.loadBalancer.unhealthyThreshold,
        });
      },
    });
    return {
      steps: [limits, autoscaling, autoscaler, change, after, watched],
      summary: ({ read, seen, ms }) => {
        const { present, to } = read(limits);
        if (present === to) return `Nothing to do: ${present} instances already.`;
        const stable = seen(watched)?.summary;
        return `${present} -> ${to} instances in ${formatDuration(ms)}${stable ? `; ${stable}` : ''}.`;
      },
      afterFailure: () => ['rb scale status', 'rb health'],
    };
  },
});
