import type { Procedure } from '../engine/procedure.ts';
import type { PortName, Ports } from './ports.ts';

/** A procedure whose types have been forgotten: what a session that is resumed starts from. */
export type AnyProcedure = Procedure<unknown, Pick<Ports, PortName>>;

const forgotten = <Input, Need extends PortName>(procedure: Procedure<Input, Pick<Ports, Need>>): AnyProcedure =>
  // A session's input was checked when it was opened, and its ports are opened by name.
  procedure as unknown as AnyProcedure;

/** Every procedure that changes something, by its id: `rb resume` finds them here. */
export const procedures: Readonly<Record<string, () => Promise<AnyProcedure>>> = {
  'restart.rolling': async () => forgotten((await import('./restart/rolling.ts')).rollingRestart),
  'restart.instance': async () => forgotten((await import('./restart/single.ts')).singleRestart),
  'restart.emergency': async () => forgotten((await import('./restart/emergency.ts')).emergencyRestart),
  'restart.undo': async () => forgotten((await import('./restart/undo.ts')).undoRestart),
  'restart.schedule': async () => forgotten((await import('./restart/schedule.ts')).scheduleRestarts),
  'restart.unschedule': async () => forgotten((await import('./restart/schedule.ts')).unscheduleRestarts),
  'db.cancel': async () => forgotten((await import('./db/cancel.ts')).cancel),
  'db.terminate': async () => forgotten((await import('./db/terminate.ts')).terminate),
  'db.blocking.resolve': async () => forgotten((await import('./db/blocking-resolve.ts')).blockingResolve),
  'db.vacuum': async () => forgotten((await import('./db/vacuum.ts')).vacuum),
  'db.slow.reset': async () => forgotten((await import('./db/slow-reset.ts')).slowReset),
  'db.kill-idle': async () => forgotten((await import('./db/kill-idle.ts')).killIdle),
  scale: async () => forgotten((await import('./scale/scale.ts')).scale),
};
