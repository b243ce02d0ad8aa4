import { RunbookError } from '../engine/errors.ts';
import type { Finding } from '../engine/finding.ts';
import type { WorkloadViews } from '../providers/workload/port.ts';
import type { Ports } from './ports.ts';

type Looking = Pick<Ports, 'workload'> & Parameters<WorkloadViews['rollout']>[0];

/** What may not be seen (no right to list events, say) is told, and the rest is shown all the same. */
export const lookFurther = async (
  { workload, signal, clock }: Looking,
  view: keyof WorkloadViews,
): Promise<Finding> => {
  if (!workload.views) return { verdict: 'unknown', summary: 'cannot see: this platform does not tell' };
  try {
    return await workload.views[view]({ signal, clock });
  } catch (error) {
    if (signal.aborted || !(error instanceof RunbookError) || error.kind !== 'unreachable') throw error;
    return { verdict: 'unknown', summary: `cannot see: ${error.message}` };
  }
};
