import { requestFor } from '../../plan/confirmation.ts';
import type { Frame } from '../frame.ts';
import { guarded } from './guarded.ts';
import type { Planned, Role } from './plan.ts';

/** Asks for one change, or for several that are made one after another. Errors: `declined`, `refused`, `usage`. */
export const confirm = async (
  frame: Frame,
  path: string,
  title: string,
  plans: readonly { readonly path: string; readonly planned: Planned }[],
  role: Role = 'step',
): Promise<void> => {
  const { run } = frame;
  run.stop.soft.throwIfAborted();
  const request = requestFor(
    { step: path, title, subject: run.subject },
    plans.map(({ planned }) => planned),
  );
  await guarded(run, 'beforeQuestion', request);
  run.requireRecord();
  const uncovered = role === 'undo' ? 'it was in no plan' : uncoveredBecause(frame, path, title, plans);
  const answer = await run.operator.confirm(request, uncovered);
  run.emit({
    type: 'confirmation',
    step: path,
    covers: plans.map((one) => ({ step: one.path, fingerprint: one.planned.fingerprint })),
    tier: request.tier,
    decision: answer.decision,
    by: answer.by,
  });
  if (answer.error) throw answer.error;
  // However quick the answer was: what was shown is what has to be true.
  if (answer.by === 'prompt') for (const { planned } of plans) planned.freshUntil = Number.NEGATIVE_INFINITY;
};

/** Why `--yes` and `--confirm` do not answer for a step: it was seen by no one beforehand. Undefined where they do. */
const uncoveredBecause = (
  { run }: Frame,
  path: string,
  title: string,
  plans: readonly { readonly path: string }[],
): string | undefined => {
  const planned = run.expected && plans.every((one) => run.expected?.covers(one.path, title));
  if (planned === true) return undefined;
  if (planned === false) return 'the plan that --plan names ends before it';
  if (!run.manyCalls || [...run.chosen].some((option) => path.startsWith(`${option}/`))) return undefined;
  return 'the session calls several procedures, and neither --plan nor an --answer names this one';
};
