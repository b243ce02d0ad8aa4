import { RunbookError } from '../../engine/errors.ts';
import type { Clock } from '../../engine/clock.ts';
import type { Instance, Workload } from '../../providers/workload/port.ts';

interface Looking {
  readonly workload: Workload;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

interface KeptRevision {
  readonly revision: string | number;
  readonly present: boolean;
  readonly version: string;
}

export interface WayBack {
  readonly revision: string;
  readonly because: string;
}

/**
 * The revision before the present one is not always the way back: a bad version that was restarted has itself before it.
 * Where the instances that serve are all of another version than the present one, it is the newest revision of theirs.
 * Undefined: nothing speaks against the revision before, or nobody can tell.
 */
export const findWayBack = async ({ workload, signal, clock }: Looking): Promise<WayBack | undefined> => {
  if (!workload.views) return undefined;
  try {
    const [{ instances }, { data }] = await Promise.all([
      workload.status({ signal }),
      workload.views.revisions({ signal, clock }),
    ]);
    return wayBackAmong(instances, keptIn(data));
  } catch (error) {
    // The platform says what is wrong when the plan is made; without one nothing is done.
    if (signal.aborted || !(error instanceof RunbookError)) throw error;
    return undefined;
  }
};

const wayBackAmong = (instances: readonly Instance[], kept: readonly KeptRevision[]): WayBack | undefined => {
  const present = kept.find((one) => one.present);
  const serving = new Set(instances.filter(({ health }) => health === 'ok').map(({ version }) => version));
  if (!present || serving.size === 0 || serving.has(present.version)) return undefined;
  const found = kept.find(({ version }) => serving.has(version));
  return found && { revision: String(found.revision), because: `version ${found.version} is the one that serves` };
};

/** What the view of the revisions tells programs, the newest first. */
const keptIn = (data: unknown): readonly KeptRevision[] => {
  const { revisions } = (data ?? {}) as { readonly revisions?: unknown };
  return Array.isArray(revisions) ? (revisions as readonly KeptRevision[]) : [];
};
