import { parseDuration } from '../../config/duration.ts';
import type { Rb } from '../section.ts';

export interface HealthFlags {
  readonly watch?: true;
  readonly every: string;
  readonly for: string;
}

/** Looks once, or again and again with `--watch`. Errors: `usage` for durations that are none. */
export const runHealth = async (rb: Rb, flags: HealthFlags): Promise<void> => {
  if (!flags.watch) return rb.run((await import('./health.ts')).health, {});
  const { healthWatch } = await import('./watch.ts');
  return rb.run(healthWatch, {
    everyMs: parseDuration(flags.every, '--every'),
    forMs: parseDuration(flags.for, '--for'),
  });
};
