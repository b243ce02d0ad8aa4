import * as z from 'zod/mini';
import { worst } from '../../engine/finding.ts';
import type { Finding } from '../../engine/finding.ts';
import type { WorkloadStatus } from '../../providers/workload/port.ts';

/** One look at the instances: the baseline before the change, then again and again while they are watched. */
export const StabilitySample = z.object({
  desired: z.number(),
  running: z.number(),
  unhealthy: z.array(z.string()),
  /** Start time by instance, where the platform has it. */
  startedAt: z.record(z.string(), z.string()),
  /** How often the platform has started it again, by instance, where it counts. */
  restarts: z.record(z.string(), z.number()),
});
export type StabilitySample = z.output<typeof StabilitySample>;

export const stabilitySample = ({ desired, instances }: WorkloadStatus): StabilitySample => ({
  desired,
  running: instances.filter((one) => one.state === 'running').length,
  unhealthy: instances.filter((one) => one.health === 'critical').map((one) => one.id),
  startedAt: Object.fromEntries(
    instances.flatMap((one) => (one.startedAt === undefined ? [] : [[one.id, one.startedAt]])),
  ),
  restarts: Object.fromEntries(
    instances.flatMap((one) => (one.restarts === undefined ? [] : [[one.id, one.restarts]])),
  ),
});

export interface Expectation {
  readonly wanted: number;
  /** How far an autoscaler may go below it: its limits were changed, and within them the number is its own. */
  readonly lowest: number;
  /** Its name, where one is active. */
  readonly autoscaler?: string | undefined;
  readonly unhealthyThreshold: number;
}

/**
 * Judges the samples since the change against the baseline before it: the count must stay, no instance may restart, and
 * none that was well may be unhealthy for `unhealthyThreshold` samples in a row. Coming and going, of health or of
 * instances, is flapping: a warning.
 */
export const judgeStability = (
  baseline: StabilitySample,
  samples: readonly StabilitySample[],
  expected: Expectation,
): Finding => {
  const latest = samples.at(-1);
  if (!latest) return { verdict: 'unknown', summary: 'no sample was taken' };
  // One look may fall into the moment in which an instance is replaced.
  if (trailing(samples, (sample) => isOff(sample, expected)) >= 2)
    return { verdict: 'critical', summary: countIsOff(latest, expected) };
  // While the count is off, what is new may be one instance too many: the next look tells.
  const restarted = isOff(latest, expected) ? [] : restarts(baseline, samples);
  if (restarted.length > 0) return { verdict: 'critical', summary: `${restarted.join(', ')} restarted by itself` };
  const before = new Set(baseline.unhealthy);
  const ill = latest.unhealthy.filter(
    (id) => trailing(samples, (sample) => sample.unhealthy.includes(id)) >= expected.unhealthyThreshold,
  );
  const fallen = ill.filter((id) => !before.has(id));
  if (fallen.length > 0)
    return {
      verdict: 'critical',
      summary: `${fallen.join(', ')} unhealthy ${expected.unhealthyThreshold} times in a row`,
    };
  return judgeComingAndGoing(samples, latest, expected);
};

const judgeComingAndGoing = (
  samples: readonly StabilitySample[],
  latest: StabilitySample,
  { wanted }: Expectation,
): Finding => {
  const health = changes(samples, (sample) => sample.unhealthy.join(' '));
  const count = changes(samples, (sample) => String(sample.running));
  const flapping = [
    ...(health > 2 ? [`health came and went ${health} times`] : []),
    ...(count > 2 ? [`the number of running instances changed ${count} times`] : []),
    ...(latest.unhealthy.length > 0 ? [`${latest.unhealthy.join(', ')} not healthy`] : []),
  ];
  const verdict = worst(flapping.map(() => 'warn' as const));
  return {
    verdict,
    summary: verdict === 'ok' ? `stable with ${wanted} instances over ${samples.length} samples` : flapping.join('; '),
  };
};

/** How many there should be at the time of a sample: what was wanted, or fewer where the autoscaler may decide that. */
const target = ({ desired }: StabilitySample, { wanted, lowest }: Expectation): number =>
  Math.min(wanted, Math.max(lowest, desired));

const isOff = (sample: StabilitySample, expected: Expectation): boolean => {
  const wanted = target(sample, expected);
  return sample.running !== wanted || sample.desired !== wanted;
};

const countIsOff = (latest: StabilitySample, expected: Expectation): string => {
  const wanted = target(latest, expected);
  const count =
    latest.running === wanted
      ? `${latest.desired} instances are asked for, not ${wanted}`
      : `${latest.running} instances are running, not ${wanted}`;
  if (latest.desired === wanted && latest.running < wanted) return count;
  return expected.autoscaler === undefined
    ? `${count}: something else changes the count`
    : `${count}: ${expected.autoscaler} has changed the count to ${latest.desired}`;
};

const trailing = (samples: readonly StabilitySample[], is: (sample: StabilitySample) => boolean): number => {
  const last = samples.findLastIndex((sample) => !is(sample));
  return samples.length - 1 - last;
};

/**
 * Instances with a new start time, or started again by the platform, since they were first seen: at the baseline, where
 * they outlived the change.
 */
const restarts = (baseline: StabilitySample, samples: readonly StabilitySample[]): readonly string[] => {
  const [first] = samples;
  const latest = samples.at(-1);
  if (!first || !latest) return [];
  const earliest = <Value>(id: string, of: (sample: StabilitySample) => { readonly [id: string]: Value }) => {
    // An instance may be named like what every object inherits.
    const at = (sample: StabilitySample) => (Object.hasOwn(of(sample), id) ? of(sample)[id] : undefined);
    const outlived = at(first) === undefined ? [] : [baseline];
    return [...outlived, ...samples].map(at).find((value) => value !== undefined);
  };
  const renewed = Object.entries(latest.startedAt).filter(
    ([id, at]) => at !== earliest(id, (sample) => sample.startedAt),
  );
  const startedAgain = Object.entries(latest.restarts).filter(
    ([id, count]) => count > (earliest(id, (sample) => sample.restarts) ?? count),
  );
  return [...new Set([...renewed, ...startedAgain].map(([id]) => id))];
};

const changes = (samples: readonly StabilitySample[], of: (sample: StabilitySample) => string): number =>
  samples.slice(1).filter((sample, index) => samples[index] && of(sample) !== of(samples[index])).length;
