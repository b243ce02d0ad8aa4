import type { AnyStep } from '../../procedure/tree.ts';
import type { SessionState } from '../../session/session-state.ts';
import { join } from '../frame.ts';

/**
 * The steps of a call on whose findings an intent of an earlier run rests: those before the last step, in the order of the procedure, that
 * has one. A call in which something was begun counts as such a step. Only these are evidence again; everything else is looked at again.
 */
export const restoredSteps = (
  steps: readonly AnyStep[],
  parent: string,
  history: SessionState | undefined,
): ReadonlySet<AnyStep> => {
  if (!history) return new Set();
  const inOrder = [...leaves(steps, parent)];
  const begun = [...history.steps].filter(([, { intentAt }]) => intentAt !== undefined).map(([path]) => path);
  const last = inOrder.findLastIndex(([, path]) => begun.some((one) => one === path || one.startsWith(`${path}/`)));
  return new Set(inOrder.slice(0, Math.max(0, last)).map(([step]) => step));
};

/** The steps of a procedure in their order, without what they call. */
export function* leaves(steps: readonly AnyStep[], parent: string): Generator<readonly [AnyStep, string]> {
  for (const step of steps) {
    const path = join(parent, step.id);
    switch (step.kind) {
      case 'parallel':
        yield* leaves(step.steps, path);
        break;
      case 'decision':
        yield [step, path];
        for (const [option, { steps: inner }] of Object.entries(step.options)) yield* leaves(inner, join(path, option));
        break;
      default:
        yield [step, path];
    }
  }
}
