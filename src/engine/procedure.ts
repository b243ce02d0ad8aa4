import type { $ZodType } from 'zod/v4/core';
import type { Change } from './change.ts';
import type { Clock } from './clock.ts';
import type { Subject } from './events.ts';
import type { Finding, Table } from './finding.ts';
import type { Json, JsonObject } from './json.ts';
import type { Tier } from './tier.ts';

/** An item of a group; what is done to it is known by its `id`. */
export type Item = JsonObject & { readonly id: string };

/** What every step can see, besides the ports that its procedure asked for. */
export interface StepContext<Input> {
  readonly input: Input;
  readonly subject: Subject;
  /** `<session>/<step>`: marks what this step starts, in process environments and application names. */
  readonly mark: string;
  /** Findings of the steps before this one, by step id. */
  readonly findings: ReadonlyMap<string, Finding>;
  readonly clock: Clock;
  /** Aborts when the step is to stop at once. */
  readonly signal: AbortSignal;
  /** Tells the operator and the audit log how far the step is. */
  readonly report: (progress: Progress) => void;
}

export interface Progress {
  readonly note?: string;
  readonly table?: Table;
  /** How far it is: at a terminal in place of the one before, elsewhere a line of its own. Not recorded. */
  readonly status?: string;
  /** Of what is to be done, 0 to 1: drawn as a bar beside `status`; elsewhere every tenth is a line. */
  readonly share?: number;
}

/** The context of a step: the engine's part and the procedure's ports, side by side. */
export type Context<Input, Ports> = StepContext<Input> & Ports;
type Seen<Input, Ports, Result> = (context: Context<Input, Ports>) => Promise<Result> | Result;

export type StepKind = 'check' | 'action' | 'decision' | 'manual' | 'watch' | 'parallel' | 'each';

interface StepBase<Input, Ports> {
  /** Stable within its group: a session is resumed by it, and `--answer` names it. */
  readonly id: string;
  readonly title: string;
  /** The step is passed over when this says false. */
  readonly when?: Seen<Input, Ports, boolean>;
}

/** Reads only. */
export interface CheckStep<Input, Ports> extends StepBase<Input, Ports> {
  readonly kind: 'check';
  /**
   * What a critical finding means: `evidence` goes on, a `precondition` refuses the procedure (nothing was done), a
   * `verification` fails it.
   */
  readonly role: 'evidence' | 'precondition' | 'verification';
  readonly look: Seen<Input, Ports, Finding>;
}

/** Changes something. */
export interface ActionSpec<Input, Ports> {
  readonly tier: Tier;
  /** Reads only. `interrupted` is the change of a session that was cut off in this step: what it already took away must be given back. */
  readonly plan: (context: Context<Input, Ports>, interrupted?: Change) => Promise<Change>;
  /** What it returns is handed to `verify`, and to nobody else. */
  readonly apply: (context: Context<Input, Ports>, change: Change) => Promise<unknown>;
  /**
   * Reads only. ok and warn: done; critical: not done; unknown: cannot tell. It also settles an intent without a result: then
   * there is nothing that `apply` has `told`.
   */
  readonly verify: (context: Context<Input, Ports>, change: Change, told?: unknown) => Promise<Finding>;
  /** The action that takes a failed change back; offered at a terminal. Undefined where there is none for this change. */
  readonly undo?: (change: Change, context: Context<Input, Ports>) => ActionStep<Input, Ports> | undefined;
}
export interface ActionStep<Input, Ports> extends StepBase<Input, Ports>, ActionSpec<Input, Ports> {
  readonly kind: 'action';
}

/** A question with a way on for each answer. */
export interface DecisionStep<Input, Ports> extends StepBase<Input, Ports> {
  readonly kind: 'decision';
  readonly question: string;
  readonly options: readonly {
    readonly id: string;
    readonly title: string;
    readonly steps: readonly Step<Input, Ports>[];
    /** Taken where nobody has answered and nobody can be asked. At most one of them. */
    readonly unasked?: true;
  }[];
  /** The option that the evidence so far speaks for, and why. */
  readonly advise: Seen<Input, Ports, { readonly option: string; readonly because: string } | undefined>;
}

/** Something that only a person can do. */
export interface ManualStep<Input, Ports> extends StepBase<Input, Ports> {
  readonly kind: 'manual';
  readonly instruction: string;
}

/** Samples every `everyMs` for `forMs`, then judges. A baseline is the finding of a check before the change. */
export interface WatchStep<Input, Ports> extends StepBase<Input, Ports> {
  readonly kind: 'watch';
  readonly everyMs: (context: Context<Input, Ports>) => number;
  readonly forMs: (context: Context<Input, Ports>) => number;
  readonly sample: Seen<Input, Ports, Json>;
  /** Called after each sample. */
  readonly judge: (context: Context<Input, Ports>, samples: readonly Json[]) => Finding;
  /** So many of the newest samples are kept for `judge`; all where it is not said. */
  readonly keep?: number;
  /** Whether a critical finding ends the watch, as a failure. Otherwise it goes on, and the last finding counts. */
  readonly endsWhenCritical: boolean;
}

/** Checks at the same time; they are told in their order, whichever was first. */
export interface ParallelStep<Input, Ports> extends StepBase<Input, Ports> {
  readonly kind: 'parallel';
  readonly steps: readonly CheckStep<Input, Ports>[];
}

/**
 * One item after another. All items are planned and confirmed together; each is planned again, recorded, applied and
 * verified on its own, and the first that fails ends the group.
 */
export interface EachStep<Input, Ports> extends StepBase<Input, Ports> {
  readonly kind: 'each';
  /** Read once; a resumed session goes on with the same items. Each has an `id`. */
  readonly items: Seen<Input, Ports, readonly Item[]>;
  readonly step: (item: Item) => ActionStep<Input, Ports>;
}

export type Step<Input, Ports> =
  | CheckStep<Input, Ports>
  | ActionStep<Input, Ports>
  | DecisionStep<Input, Ports>
  | ManualStep<Input, Ports>
  | WatchStep<Input, Ports>
  | ParallelStep<Input, Ports>
  | EachStep<Input, Ports>;

export interface Procedure<Input, Ports> {
  /** `restart.rolling`. */
  readonly id: string;
  /** The section of the runbook it implements: `2.1`. */
  readonly section: string;
  readonly title: string;
  /** The ports that its steps use; what the configuration does not provide is reported before anything runs. */
  readonly needs: readonly (keyof Ports & string)[];
  readonly input: $ZodType<Input>;
  readonly steps: readonly Step<Input, Ports>[];
  /** The sentence after a good end; `ms` is the time since the first change began, or of the whole run where there was none. */
  readonly summarise?: (run: {
    readonly input: Input;
    readonly findings: ReadonlyMap<string, Finding>;
    readonly ms: number;
  }) => string;
  /** One sentence about what was left half-way: a look at the world after a change, when the end was not good. */
  readonly stateLeft?: Seen<Input, Ports, string>;
  /** Commands worth typing after an end that was not good. */
  readonly afterFailure?: (context: {
    readonly input: Input;
    readonly failedStep: string | undefined;
    /** What failed was taken back by its undo. */
    readonly takenBack: boolean;
    readonly findings: ReadonlyMap<string, Finding>;
  }) => readonly string[];
}

/** The parts of a procedure that must be unchanged for a session to be resumed. */
export type Outline = readonly {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly tier?: string;
  readonly steps?: Outline;
}[];

/** Has `procedure` any step that changes something? Only then is there something to confirm and to record. */
export const changesSomething = <Input, Ports>(steps: readonly Step<Input, Ports>[]): boolean =>
  steps.some((step) =>
    step.kind === 'decision'
      ? step.options.some((option) => changesSomething(option.steps))
      : step.kind === 'action' || step.kind === 'each' || step.kind === 'manual',
  );

export const outline = <Input, Ports>(steps: readonly Step<Input, Ports>[]): Outline =>
  steps.map((step) => {
    const common = { id: step.id, kind: step.kind, title: step.title };
    if (step.kind === 'action') return { ...common, tier: step.tier };
    if (step.kind === 'parallel') return { ...common, steps: outline(step.steps) };
    if (step.kind === 'decision')
      return {
        ...common,
        steps: step.options.map((option) => ({
          id: option.id,
          kind: 'option',
          title: option.title,
          steps: outline(option.steps),
        })),
      };
    return common;
  });
