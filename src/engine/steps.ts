import type {
  ActionSpec,
  ActionStep,
  CheckStep,
  DecisionStep,
  EachStep,
  ParallelStep,
  WatchStep,
} from './procedure.ts';

/** The words in which a procedure is written. Each returns plain data; none does anything. */
export interface Words<Input, Ports> {
  readonly check: Check<Input, Ports>;
  /** Refuses the procedure when it is critical. */
  readonly precondition: Check<Input, Ports>;
  /** Fails the procedure when it is critical; skipped where nothing was changed. */
  readonly verification: Check<Input, Ports>;
  readonly action: (id: string, title: string, spec: ActionSpec<Input, Ports>) => ActionStep<Input, Ports>;
  /** A question; `--answer <id>=<option>` answers it. */
  readonly decision: (
    id: string,
    title: string,
    spec: Omit<DecisionStep<Input, Ports>, 'kind' | 'id' | 'title'>,
  ) => DecisionStep<Input, Ports>;
  readonly each: (
    id: string,
    title: string,
    spec: Omit<EachStep<Input, Ports>, 'kind' | 'id' | 'title'>,
  ) => EachStep<Input, Ports>;
  readonly parallel: (
    id: string,
    title: string,
    steps: readonly CheckStep<Input, Ports>[],
  ) => ParallelStep<Input, Ports>;
  readonly watch: (
    id: string,
    title: string,
    spec: Omit<WatchStep<Input, Ports>, 'kind' | 'id' | 'title'>,
  ) => WatchStep<Input, Ports>;
}

type Check<Input, Ports> = (
  id: string,
  title: string,
  look: CheckStep<Input, Ports>['look'],
) => CheckStep<Input, Ports>;

export const words = <Input, Ports>(): Words<Input, Ports> => ({
  check: (id, title, look) => ({ kind: 'check', role: 'evidence', id, title, look }),
  precondition: (id, title, look) => ({ kind: 'check', role: 'precondition', id, title, look }),
  verification: (id, title, look) => ({ kind: 'check', role: 'verification', id, title, look }),
  action: (id, title, spec) => ({ kind: 'action', id, title, ...spec }),
  decision: (id, title, spec) => ({ kind: 'decision', id, title, ...spec }),
  each: (id, title, spec) => ({ kind: 'each', id, title, ...spec }),
  parallel: (id, title, steps) => ({ kind: 'parallel', id, title, steps }),
  watch: (id, title, spec) => ({ kind: 'watch', id, title, ...spec }),
});
