import { RunbookError } from '../../../engine/errors.ts';
import type { Clock } from '../../../engine/clock.ts';
import type { Instance, Workload } from '../../../providers/workload/port.ts';
import type { Revisions } from '../../../providers/workload/shared/views.ts';

interface Looking {
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

export interface WayBack {
  readonly revision: string;
  readonly because: string;
}

/**
 * The previous revision is not always the way back: a bad version that was restarted has itself before it. Where the instances that
 * serve are all of another version than the present one, it is the newest revision of theirs.
 * Undefined: nothing speaks against the previous revision, or it cannot be seen.
 */
export const findWayBack = async (workload: Workload, { signal, clock }: Looking): Promise<WayBack | undefined> => {
  if (!workload.views) return undefined;
  try {
    const [{ instances }, { data }] = await Promise.all([
      workload.status({ signal }),
      workload.views.revisions({ signal, clock }),
    ]);
    return wayBackAmong(instances, data);
  } catch (error) {
    // The platform says what is wrong when the plan is made; without one nothing is done.
    if (signal.aborted || !(error instanceof RunbookError)) throw error;
    return undefined;
  }
};

const wayBackAmong = (instances: readonly Instance[], { revisions }: Revisions): WayBack | undefined => {
  const present = revisions.find((one) => one.present);
  const serving = new Set(instances.filter(({ health }) => health === 'ok').map(({ version }) => version));
  if (!present || serving.size === 0 || serving.has(present.version)) return undefined;
  const found = revisions.find(({ version }) => serving.has(version));
  return found && { revision: String(found.revision), because: `version ${found.version} is the one that serves` };
};
