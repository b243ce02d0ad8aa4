import { treeOf } from '../engine/procedure/tree.ts';
import type { AnyProcedure } from '../engine/procedure/tree.ts';

/** Every procedure that changes something, by its id: `rb resume` finds them here. */
export const procedures: Readonly<Record<string, () => Promise<AnyProcedure>>> = {
  'restart.rolling': async () => treeOf((await import('./restart/rolling.ts')).rollingRestart),
  'restart.instance': async () => treeOf((await import('./restart/single.ts')).singleRestart),
  'restart.emergency': async () => treeOf((await import('./restart/emergency.ts')).emergencyRestart),
  'restart.undo': async () => treeOf((await import('./restart/undo.ts')).undoRestart),
  'restart.schedule': async () => treeOf((await import('./restart/schedule.ts')).scheduleRestarts),
  'restart.unschedule': async () => treeOf((await import('./restart/schedule.ts')).unscheduleRestarts),
  'db.cancel': async () => treeOf((await import('./db/cancel.ts')).cancel),
  'db.terminate': async () => treeOf((await import('./db/terminate.ts')).terminate),
  'db.blocking.resolve': async () => treeOf((await import('./db/blocking-resolve.ts')).blockingResolve),
  'db.vacuum': async () => treeOf((await import('./db/vacuum.ts')).vacuum),
  'db.slow.reset': async () => treeOf((await import('./db/slow-reset.ts')).slowReset),
  'db.kill-idle': async () => treeOf((await import('./db/kill-idle.ts')).killIdle),
  scale: async () => treeOf((await import('./scale/scale.ts')).scale),
};

// The id comes from a record: `constructor` is not a procedure.
Object.setPrototypeOf(procedures, null);
