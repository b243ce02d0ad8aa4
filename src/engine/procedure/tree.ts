import type { Change } from '../change.ts';
import type { AnyFinding } from '../finding.ts';
import type { Json, JsonObject, Schema } from '../json.ts';
import type { Tier } from '../plan/tier.ts';
import type { Context, Reads } from './context.ts';
import type { Effect, Described } from './procedure.ts';
import type { Item } from './specs.ts';
import type { Step } from './step.ts';

/** What a step looks like to the engine, which knows the types of no procedure. */
export type AnyContext = Context<unknown, unknown>;
type Fn<Result> = (context: AnyContext) => Result | Promise<Result>;

interface Base {
  readonly id: string;
  readonly title: string;
  readonly when?: Fn<boolean>;
}

export interface CheckStep extends Base {
  readonly kind: 'check';
  /** What a critical finding means: `evidence` goes on, a `precondition` refuses the step, a `verification` fails the procedure. */
  readonly role: 'evidence' | 'precondition' | 'verification';
  readonly data?: Schema<Json>;
  readonly tolerant?: true;
  readonly replaces?: AnyStep;
  readonly look: Fn<AnyFinding>;
}

export interface AnyAction {
  readonly tier: Tier;
  readonly change: Schema<Json>;
  readonly when?: Fn<boolean>;
  readonly plan: (context: AnyContext, interrupted?: Change) => Promise<Change>;
  readonly apply: (context: AnyContext, change: Change) => Promise<unknown>;
  readonly verify: (context: AnyContext, change: Change, receipt?: unknown) => Promise<AnyFinding>;
  readonly undo?: (change: Change, context: AnyContext) => AnyUndo | undefined | Promise<AnyUndo | undefined>;
}
export interface ActionStep extends Base, AnyAction {
  readonly kind: 'action';
  readonly when?: Fn<boolean>;
}
export type AnyUndo = ActionStep;

interface Items extends Base {
  readonly item: Schema<Item>;
  readonly items: Fn<readonly Item[]>;
  readonly titleOf?: (item: Item) => string;
  readonly before?: (context: AnyContext, item: Item) => Promise<AnyFinding>;
}
export interface EachStep extends Items {
  readonly kind: 'each';
  readonly action: (item: Item) => AnyAction;
}
export interface EachCallStep extends Items {
  readonly kind: 'eachCall';
  readonly procedure: AnyProcedure;
  readonly input: (item: Item) => unknown;
}
export interface CallStep extends Base {
  readonly kind: 'call';
  readonly procedure: AnyProcedure;
  readonly input: Fn<unknown>;
  readonly tolerant?: true;
  readonly replaces?: AnyStep;
}

export interface Option {
  readonly title: string;
  readonly steps: readonly AnyStep[];
  readonly unasked?: true;
}
export interface DecisionStep extends Base {
  readonly kind: 'decision';
  readonly question: string;
  readonly options: Readonly<Record<string, Option>>;
  readonly advise: Fn<{ readonly option: string; readonly because: string } | undefined>;
}

export interface ManualStep extends Base {
  readonly kind: 'manual';
  readonly instruction: string;
}

export interface WatchStep extends Base {
  readonly kind: 'watch';
  readonly data: Schema<Json>;
  readonly everyMs: Fn<number>;
  readonly forMs: Fn<number>;
  readonly sample: Fn<Json>;
  readonly judge: (context: AnyContext, samples: readonly Json[]) => AnyFinding | Promise<AnyFinding>;
  readonly keep?: number;
  readonly endsWhenCritical: boolean;
}

export interface ParallelStep extends Base {
  readonly kind: 'parallel';
  readonly steps: readonly AnyStep[];
}

export type AnyStep =
  | CheckStep
  | ActionStep
  | DecisionStep
  | ManualStep
  | WatchStep
  | ParallelStep
  | EachStep
  | EachCallStep
  | CallStep;
export type StepKind = AnyStep['kind'] | 'undo';

/** A procedure as the engine runs it. */
export interface AnyProcedure {
  readonly id: string;
  readonly section: string;
  readonly title: string;
  readonly purpose: string;
  readonly needs: readonly string[];
  readonly required: readonly string[];
  readonly input: Schema<JsonObject>;
  readonly result: Schema<Json> | undefined;
  readonly resultOf?: (reads: Reads) => Json;
  readonly steps: readonly AnyStep[];
  readonly does: Effect;
  readonly summary?: (run: Reads & { readonly input: unknown; readonly ms: number }) => string;
  readonly stateLeft?: Fn<string>;
  readonly afterFailure?: (
    run: Reads & {
      readonly input: unknown;
      readonly failed: { readonly step: AnyStep; readonly item?: string } | undefined;
      readonly undone: boolean;
    },
  ) => readonly string[];
}

/** The procedure behind its types. Only the builders make procedures, and they make exactly this. */
export const treeOf = (procedure: Described): AnyProcedure =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the builder has put the engine's shape behind the procedure's types
  procedure as unknown as AnyProcedure;

/** The step behind its type, as a key. */
export const keyOf = (step: Step): AnyStep =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above: steps are made by the builders alone
  step as unknown as AnyStep;
