import { worst } from '../../engine/finding.ts';
import type { Finding } from '../../engine/finding.ts';
import type { WorkloadStatus } from '../../providers/workload/port.ts';

/** One look at the instances while they are watched. */
export interface StabilitySample {
  readonly [key: string]: string | number | readonly string[] | { readonly [id: string]: string };
  readonly running: number;
  readonly unhealthy: readonly string[];
  /** Start time by instance, where the platform tells. */
  readonly startedAt: { readonly [id: string]: string };
}

export const stabilitySample = (status: WorkloadStatus): StabilitySample => ({
  running: status.instances.filter((one) => one.state === 'running').length,
  unhealthy: status.instances.filter((one) => one.health === 'critical').map((one) => one.id),
  startedAt: Object.fromEntries(
    status.instances.flatMap((one) => (one.startedAt === undefined ? [] : [[one.id, one.startedAt]])),
  ),
});

/**
 * Judges the samples since the change: the count must stay, no instance may restart, and none may be unhealthy for
 * `unhealthyThreshold` samples in a row. Coming and going of health is flapping: a warning.
 */
export const judgeStability = (
  samples: readonly StabilitySample[],
  wanted: number,
  unhealthyThreshold: number,
): Finding => {
  const latest = samples.at(-1);
  if (!latest) return { verdict: 'unknown', summary: 'no sample was taken' };
  const off = trailing(samples, (sample) => sample.running !== wanted);
  // One look may fall into the moment in which an instance is replaced.
  if (off >= 2)
    return {
      verdict: 'critical',
      summary: `${latest.running} instances are running, not ${wanted}: something else changes the count`,
    };
  const restarted = restarts(samples);
  if (restarted.length > 0) return { verdict: 'critical', summary: `${restarted.join(', ')} restarted by itself` };
  const ill = latest.unhealthy.filter(
    (id) => trailing(samples, (sample) => sample.unhealthy.includes(id)) >= unhealthyThreshold,
  );
  if (ill.length > 0)
    return { verdict: 'critical', summary: `${ill.join(', ')} unhealthy ${unhealthyThreshold} times in a row` };
  const flaps = flapping(samples);
  const verdict = worst([flaps > 2 ? 'warn' : 'ok', latest.unhealthy.length > 0 ? 'warn' : 'ok']);
  return {
    verdict,
    summary:
      verdict === 'ok'
        ? `stable with ${wanted} instances over ${samples.length} samples`
        : `health came and went ${flaps} times`,
  };
};

const trailing = (samples: readonly StabilitySample[], is: (sample: StabilitySample) => boolean): number => {
  let count = 0;
  for (let index = samples.length - 1; index >= 0; index--) {
    const sample = samples[index];
    if (!sample || !is(sample)) break;
    count++;
  }
  return count;
};

const restarts = (samples: readonly StabilitySample[]): readonly string[] => {
  const first = samples[0]?.startedAt ?? {};
  const last = samples.at(-1)?.startedAt ?? {};
  return Object.keys(last).filter((id) => first[id] !== undefined && first[id] !== last[id]);
};

const flapping = (samples: readonly StabilitySample[]): number =>
  samples.slice(1).filter((sample, index) => sample.unhealthy.join(' ') !== samples[index]?.unhealthy.join(' ')).length;
