import type { ActionSpec, ActionStep, CheckStep, EachStep, ParallelStep, WatchStep } from './procedure.ts';

/** The words in which a procedure is written. Each returns plain data; none does anything. */
export interface Words<Input, Ports> {
  check(id: string, title: string, look: CheckStep<Input, Ports>['look']): CheckStep<Input, Ports>;
  /** Refuses the procedure when it is critical. */
  precondition(id: string, title: string, look: CheckStep<Input, Ports>['look']): CheckStep<Input, Ports>;
  /** Fails the procedure when it is critical. */
  verification(id: string, title: string, look: CheckStep<Input, Ports>['look']): CheckStep<Input, Ports>;
  action(id: string, title: string, spec: ActionSpec<Input, Ports>): ActionStep<Input, Ports>;
  each(
    id: string,
    title: string,
    spec: Pick<EachStep<Input, Ports>, 'items' | 'step' | 'describe'>,
  ): EachStep<Input, Ports>;
  parallel(id: string, title: string, steps: readonly CheckStep<Input, Ports>[]): ParallelStep<Input, Ports>;
  watch(
    id: string,
    title: string,
    spec: Pick<WatchStep<Input, Ports>, 'when' | 'everyMs' | 'forMs' | 'sample' | 'judge' | 'endsWhenCritical'>,
  ): WatchStep<Input, Ports>;
}

export const words = <Input, Ports>(): Words<Input, Ports> => ({
  check: (id, title, look) => ({ kind: 'check', role: 'evidence', id, title, look }),
  precondition: (id, title, look) => ({ kind: 'check', role: 'precondition', id, title, look }),
  verification: (id, title, look) => ({ kind: 'check', role: 'verification', id, title, look }),
  action: (id, title, spec) => ({ kind: 'action', id, title, ...spec }),
  each: (id, title, spec) => ({ kind: 'each', id, title, ...spec }),
  parallel: (id, title, steps) => ({ kind: 'parallel', id, title, steps }),
  watch: (id, title, spec) => ({ kind: 'watch', id, title, ...spec }),
});
