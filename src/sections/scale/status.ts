import * as z from 'zod/mini';
import type { DataFinding } from '../../engine/finding.ts';
import { platformView } from '../further.ts';
import { Instances, lookAtInstances } from '../instances.ts';
import { look } from '../ports.ts';
import type { Settings } from '../settings.ts';
import { limitsOf } from './guard.ts';
import { isOffPeak, wallClock } from './off-peak.ts';

const Limits = z.object({
  min: z.number(),
  max: z.nullable(z.number()),
  offPeak: z.nullable(z.object({ from: z.string(), to: z.string(), timeZone: z.string(), now: z.boolean() })),
});
type Limits = z.output<typeof Limits>;

/** How many instances there are, how many there may be, and whether this is the time to take some away. */
export const scaleStatus = look({
  id: 'scale.status',
  section: '2.6',
  title: 'Number of instances',
  purpose: 'How many instances are there, how many may there be, and is it off-peak?',
  needs: { workload: 'required', settings: 'required' },
  input: z.object({}),
  result: z.object({ instances: Instances, limits: Limits }),
  steps: ({ check }) => {
    const instances = check('instances', 'Instances', { data: Instances, look: lookAtInstances });
    const autoscaler = check('autoscaler', 'Autoscaler', platformView('autoscaler'));
    const limits = check('limits', 'Limits', {
      data: Limits,
      look: async ({ ports, clock }) => limitsFinding(await ports.settings(), clock.now()),
    });
    return {
      steps: [instances, autoscaler, limits],
      result: ({ read }) => ({ instances: read(instances), limits: read(limits) }),
    };
  },
});

const limitsFinding = (settings: Settings, now: Date): DataFinding<Limits> => {
  const { min, max, offPeak } = limitsOf(settings);
  const isNow = offPeak !== undefined && isOffPeak(offPeak, now);
  const window = offPeak
    ? `; off-peak ${offPeak.from}-${offPeak.to} ${offPeak.timeZone}, it is ${wallClock(now, offPeak.timeZone)}: ${isNow ? 'now' : 'not now'}`
    : '';
  return {
    verdict: 'ok',
    summary: settings.environment.scaling
      ? `between ${min} and ${max ?? 'any number of'} instances${window}`
      : 'no limits are configured (`scaling`); the floor is 1 instance',
    data: { min, max: max ?? null, offPeak: offPeak ? { ...offPeak, now: isNow } : null },
  };
};
