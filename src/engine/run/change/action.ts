import type { ActionStep } from '../../procedure/tree.ts';
import { carryOut } from './carry-out.ts';
import { confirm } from './confirm.ts';
import type { Frame } from '../frame.ts';
import { plan } from './plan.ts';
import type { Role } from './plan.ts';
import { settle } from './settle.ts';
import type { Trace } from './settle.ts';
import type { Ended } from '../steps/stepped.ts';

/** One action on its own: settle what an earlier run left, plan, confirm, plan again, intent, apply, verify. */
export const runAction = async (
  frame: Frame,
  step: ActionStep,
  path: string,
  trace: Trace,
  role: Role = 'step',
): Promise<Ended> => {
  const settled = await settle(frame, step, path, trace, role);
  if (settled) return settled;
  const planned = await plan(frame, step, path, role);
  if (frame.run.dryRun) return { result: 'skipped' };
  await confirm(frame, path, step.title, [{ path, planned }], role);
  return carryOut(frame, step, path, planned, trace, role);
};
