import type { Json } from '../json.ts';
import type { Effect } from './procedure.ts';
import type {
  ActionSpec,
  CallSpec,
  CheckOf,
  CheckSpec,
  DecisionSpec,
  EachCallSpec,
  EachSpec,
  Item,
  ManualSpec,
  WatchSpec,
} from './specs.ts';
import type { Filled, Group, ReadStep, Step } from './step.ts';

export type Check<Input, Ports> = <Data extends Json = never>(
  id: string,
  title: string,
  spec: CheckSpec<Input, Ports, Data>,
) => CheckOf<Data>;

/** Checks and calls of looks at the same time; they are shown in their order, whichever was first. */
type Parallel = (id: string, title: string, steps: readonly ReadStep[]) => ReadStep;

/** The words of a procedure that only reads. Each returns plain data; none does anything. */
export interface LookWords<Input, Ports, Need extends string> {
  readonly check: Check<Input, Ports>;
  readonly parallel: Parallel;
  readonly call: <Other, Result extends Json>(
    id: string,
    title: string,
    spec: CallSpec<Input, Ports, Other, Result, Need, 'reads'>,
  ) => Filled<Result> & ReadStep;
  readonly watch: <Sample extends Json>(id: string, title: string, spec: WatchSpec<Input, Ports, Sample>) => ReadStep;
}

/** The words of any other procedure. */
export interface Words<Input, Ports, Need extends string> {
  readonly check: Check<Input, Ports>;
  /** Critical refuses the procedure at this step. */
  readonly precondition: Check<Input, Ports>;
  /** Critical fails the procedure; passed over in a dry run. */
  readonly verification: Check<Input, Ports>;
  readonly parallel: Parallel;
  readonly action: <Plan extends Json, Receipt>(
    id: string,
    title: string,
    spec: ActionSpec<Input, Ports, Plan, Receipt>,
  ) => Step;
  readonly each: <Each extends Item, Plan extends Json, Receipt>(
    id: string,
    title: string,
    spec: EachSpec<Input, Ports, Each, Plan, Receipt>,
  ) => Group;
  readonly eachCall: <Each extends Item, Other, Result extends Json>(
    id: string,
    title: string,
    spec: EachCallSpec<Input, Ports, Each, Other, Result, Need>,
  ) => Group;
  /** `--answer <path>=<option>` answers it. */
  readonly decision: <Option extends string>(
    id: string,
    title: string,
    spec: DecisionSpec<Input, Ports, Option>,
  ) => Filled<Option>;
  readonly manual: (id: string, title: string, spec: ManualSpec<Input, Ports>) => Filled<'done' | 'skipped'>;
  readonly watch: <Sample extends Json>(id: string, title: string, spec: WatchSpec<Input, Ports, Sample>) => ReadStep;
  readonly call: {
    <Other, Result extends Json>(
      id: string,
      title: string,
      spec: CallSpec<Input, Ports, Other, Result, Need, 'reads'>,
    ): Filled<Result> & ReadStep;
    <Other, Result extends Json>(
      id: string,
      title: string,
      spec: CallSpec<Input, Ports, Other, Result, Need, Effect>,
    ): Filled<Result>;
  };
}
