import type { Procedure } from '../engine/procedure.ts';
import type { PortName, Ports } from './ports.ts';

/** A procedure whose types have been forgotten: what a session that is resumed starts from. */
export type AnyProcedure = Procedure<unknown, Pick<Ports, PortName>>;

const load =
  <Module, Key extends keyof Module>(module: () => Promise<Module>, key: Key) =>
  async () =>
    (await module())[key] as AnyProcedure;

/** Every procedure that changes something, by its id: `rb resume` finds them here. */
export const procedures: Readonly<Record<string, () => Promise<AnyProcedure>>> = {
  'restart.rolling': load(() => import('./restart/rolling.ts'), 'rollingRestart'),
  'restart.instance': load(() => import('./restart/single.ts'), 'singleRestart'),
  'restart.emergency': load(() => import('./restart/emergency.ts'), 'emergencyRestart'),
  'restart.undo': load(() => import('./restart/undo.ts'), 'undoRestart'),
  scale: load(() => import('./scale/scale.ts'), 'scale'),
};
