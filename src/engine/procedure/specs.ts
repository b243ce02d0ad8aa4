import type { Change } from '../change.ts';
import type { AnyFinding, DataFinding, Finding } from '../finding.ts';
import type { Json, JsonObject, Schema } from '../json.ts';
import type { Tier } from '../plan/tier.ts';
import type { Context, Given } from './context.ts';
import type { Effect, Procedure } from './procedure.ts';
import type { Filled, ReadStep, Step } from './step.ts';

interface Common<Input, Ports> {
  /** False passes the step over. Not asked again of a step that an earlier run of the session has begun. */
  readonly when?: Given<Input, Ports, boolean>;
}

interface Evidence {
  /** A provider that cannot be reached makes the finding `unknown`, without data, and the procedure goes on. Evidence of a procedure that changes something always is. */
  readonly tolerant?: true;
  /** A second look at the same thing: its verdict counts in place of that step's. */
  readonly replaces?: Step;
}

/** With a schema a finding carries data and the step can be read; without one it cannot. */
export type FindingOf<Data extends Json> = [Data] extends [never] ? Finding : DataFinding<Data>;
export type CheckOf<Data extends Json> = [Data] extends [never] ? ReadStep : Filled<Data> & ReadStep;

/** Reads only. */
export interface CheckSpec<Input, Ports, Data extends Json> extends Common<Input, Ports>, Evidence {
  /** The contract of the data: for `read`, for `-o json`, and for a resumed session. */
  readonly data?: Schema<Data>;
  /** `NoInfer`: the schema alone decides the type, so that an interface of a port may be returned where it fits. */
  readonly look: Given<Input, Ports, FindingOf<NoInfer<Data>>>;
}

/** Changes something. Write `apply` above `verify`: TypeScript infers the receipt from the first function that names it. */
export interface ActionSpec<Input, Ports, Plan extends Json, Receipt> extends Common<Input, Ports> {
  readonly tier: Tier;
  /** What a plan hands to `apply`, `verify` and `undo`, also after a crash. */
  readonly change: Schema<Plan>;
  /** Reads only. `interrupted` is the change of a run that was killed in this step: what it took away must come back. */
  readonly plan: (context: Context<Input, Ports>, interrupted?: Change<Plan>) => Promise<Change<NoInfer<Plan>>>;
  readonly apply: (context: Context<Input, Ports>, change: Change<Plan>) => Promise<Receipt>;
  /**
   * Reads only. ok and warn: done; critical: not done; unknown: cannot tell. Without a receipt it settles an intent that has no result.
   * The data of its finding is for programs alone.
   */
  readonly verify: (
    context: Context<Input, Ports>,
    change: Change<Plan>,
    receipt?: NoInfer<Receipt>,
  ) => Promise<AnyFinding>;
  /** The action that takes the change back, or undefined. Built from the recorded change, never from the receipt: it must survive a crash. */
  readonly undo?: (
    change: Change<Plan>,
    context: Context<Input, Ports>,
  ) => Undo<Input, Ports> | undefined | Promise<Undo<Input, Ports> | undefined>;
}

declare const undoes: unique symbol;
/** An action whose plan and receipt are known to itself alone. Made by `undoAction`. */
export interface Undo<Input, Ports> {
  readonly id: string;
  readonly title: string;
  readonly [undoes]: (context: Context<Input, Ports>) => void;
}

/** An item of a group; what is done to it is known by its `id`. */
export type Item = JsonObject & { readonly id: string };

export interface ItemsSpec<Input, Ports, Each extends Item> extends Common<Input, Ports> {
  readonly item: Schema<Each>;
  /** Read once and recorded; a resumed session goes on with the same items. */
  readonly items: Given<Input, Ports, readonly NoInfer<Each>[]>;
  /** `Restart web-1`; the id where it is not given. */
  readonly titleOf?: (item: Each) => string;
  /** Looked at right before each item: critical stops the group as a failure (exit 1), with the sentence. */
  readonly before?: (context: Context<Input, Ports>, item: Each) => Promise<AnyFinding>;
}

/**
 * One action for one item after another: all are planned and confirmed together; each is planned again, recorded, applied and verified
 * on its own, and the first that fails ends the group.
 */
export interface EachSpec<Input, Ports, Each extends Item, Plan extends Json, Receipt> extends ItemsSpec<
  Input,
  Ports,
  Each
> {
  readonly action: (item: Each) => ActionSpec<Input, Ports, Plan, Receipt>;
}

/** Another procedure of the catalogue: its own input, path, confirmations and sentence; the same session and record. */
export interface CallSpec<Input, Ports, Other, Result extends Json, Need extends string, Does extends Effect>
  extends Common<Input, Ports>, Evidence {
  /** The object, imported from its section. A procedure that calls itself is an import cycle, which lint refuses. */
  readonly procedure: Procedure<Other, Result, Need, Does>;
  /** Evaluated once, parsed by the callee's schema, and recorded before the first step of the call. */
  readonly input: Given<Input, Ports, NoInfer<Other>>;
}

/** One call for each item: each asks for itself. */
export interface EachCallSpec<
  Input,
  Ports,
  Each extends Item,
  Other,
  Result extends Json,
  Need extends string,
> extends ItemsSpec<Input, Ports, Each> {
  readonly procedure: Procedure<Other, Result, Need>;
  readonly input: (item: Each) => NoInfer<Other>;
}

/** A question with a way on for each answer. Its data is the id of the option that was chosen. */
export interface DecisionSpec<Input, Ports, Option extends string> extends Common<Input, Ports> {
  readonly question: string;
  readonly options: {
    readonly [Id in Option]: {
      readonly title: string;
      readonly steps: readonly Step[];
      /** Taken where there is no answer and no terminal to ask at. At most one of them. */
      readonly unasked?: true;
    };
  };
  /** The option that the evidence so far speaks for, and why. */
  readonly advise: Given<Input, Ports, { readonly option: NoInfer<Option>; readonly because: string } | undefined>;
}

/** Something that only a person can do. Its data says whether it was done. */
export interface ManualSpec<Input, Ports> extends Common<Input, Ports> {
  readonly instruction: string;
}

/** Samples every `everyMs` for `forMs`, then judges. A baseline is what a check before the change has seen. */
export interface WatchSpec<Input, Ports, Sample extends Json> extends Common<Input, Ports> {
  readonly data: Schema<Sample>;
  readonly everyMs: Given<Input, Ports, number>;
  readonly forMs: Given<Input, Ports, number>;
  readonly sample: Given<Input, Ports, NoInfer<Sample>>;
  /** Called after each sample. */
  readonly judge: (context: Context<Input, Ports>, samples: readonly Sample[]) => AnyFinding | Promise<AnyFinding>;
  /** How many of the newest samples are kept for `judge`; all of them where it is absent. */
  readonly keep?: number;
  /** Whether a critical finding ends the watch, as a failure. Otherwise it goes on, and the last finding counts. */
  readonly endsWhenCritical: boolean;
}
