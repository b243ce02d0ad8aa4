import type { Change } from '../../../engine/change.ts';
import { RunbookError } from '../../../engine/errors.ts';
import type { AnyFinding } from '../../../engine/finding.ts';
import { problemsIn } from '../../../engine/json.ts';
import type { Json, Schema } from '../../../engine/json.ts';
import type { Call, Operation, Receipt } from '../port.ts';

interface Spec<Input, Data extends Json, Given> {
  /** What a plan of this adapter carries along, also after a crash. */
  readonly change: Schema<Data>;
  readonly plan: (input: Input, call: Call, interrupted?: Change<Data>) => Promise<Change<NoInfer<Data>>>;
  /** What it returns is handed to `verify` and `accepted` of the same process. */
  readonly apply: (change: Change<Data>, call: Call) => Promise<Given>;
  readonly verify: (change: Change<Data>, call: Call, receipt?: NoInfer<Given>) => Promise<AnyFinding>;
  readonly accepted?: (change: Change<Data>, call: Call, receipt?: NoInfer<Given>) => Promise<AnyFinding>;
}

/**
 * Makes an operation of the port from one whose data and receipt have types. Write `apply` above `verify`.
 * Errors: `refused` for the recorded change of another version or adapter.
 */
export const operation = <Input, Data extends Json, Given>(spec: Spec<Input, Data, Given>): Operation<Input> => {
  const typed = (change: Change): Change<Data> => {
    const parsed = spec.change.safeParse(change.data);
    if (parsed.success) return { ...change, data: parsed.data };
    throw new RunbookError(
      'refused',
      `The recorded change "${change.summary}" is not one that this adapter makes: ${problemsIn(parsed.error)}`,
      { next: ['look at the service, then run the command again'] },
    );
  };
  // The port hands back to an operation only what that operation gave; see the engine's `carryOut`.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const given = (receipt: Receipt | undefined) => receipt as Given | undefined;
  const { accepted } = spec;
  return {
    plan: async (input, call, interrupted) => spec.plan(input, call, interrupted && typed(interrupted)),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- opaque from here on
    apply: async (change, call) => (await spec.apply(typed(change), call)) as Receipt,
    verify: async (change, call, receipt) => spec.verify(typed(change), call, given(receipt)),
    ...(accepted && {
      accepted: async (change: Change, call: Call, receipt?: Receipt) => accepted(typed(change), call, given(receipt)),
    }),
  };
};
