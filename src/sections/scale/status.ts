import * as z from 'zod/mini';
import { lookAtInstances } from '../instances.ts';
import { lookFurther } from '../further.ts';
import { procedure } from '../ports.ts';
import { isOffPeak, wallClock } from './off-peak.ts';

/** How many instances there are, how many there may be, and whether this is the time to take some away. */
export const scaleStatus = procedure({
  id: 'scale.status',
  section: '2.6',
  title: 'Number of instances',
  needs: ['workload', 'settings'],
  input: z.object({}),
  steps: ({ check }) => [
    check('instances', 'Instances', lookAtInstances),
    {
      ...check('autoscaler', 'Autoscaler', (context) => lookFurther(context, 'autoscaler')),
      when: ({ workload }) => workload.views !== undefined,
    },
    check('limits', 'Limits', ({ settings, clock }) => {
      const limits = settings.environment.scaling;
      if (!limits)
        return { verdict: 'unknown', summary: 'no limits are configured (`scaling`); the floor is 1 instance' };
      const { min, max, offPeak } = limits;
      const window = offPeak
        ? `; off-peak ${offPeak.from}-${offPeak.to} ${offPeak.timeZone}, it is ${wallClock(clock.now(), offPeak.timeZone)}: ${isOffPeak(offPeak, clock.now()) ? 'now' : 'not now'}`
        : '';
      return {
        verdict: 'ok',
        summary: `between ${min} and ${max ?? 'any number of'} instances${window}`,
        data: { min, max: max ?? null, offPeak: offPeak ? { ...offPeak, now: isOffPeak(offPeak, clock.now()) } : null },
      };
    }),
  ],
});
