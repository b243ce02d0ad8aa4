import type * as z from 'zod/mini';
import type { Json, Schema } from '../json.ts';
import type { Given, Reads } from './context.ts';
import type { Step } from './step.ts';

/** `reads` for what only looks. */
export type Effect = 'reads' | 'changes';

/** What is known of every procedure, whatever its types are. Its steps are plain data; the engine is the only thing that runs them. */
export interface Described {
  /** `restart.rolling`. */
  readonly id: string;
  /** The section of the runbook it implements: `2.1`. */
  readonly section: string;
  readonly title: string;
  /** When to use it, in one sentence. */
  readonly purpose: string;
  readonly steps: readonly Step[];
  readonly does: Effect;
}

/** A procedure of the runbook, as a caller and a command line know it. */
export interface Procedure<
  Input,
  Result extends Json,
  Need extends string,
  Does extends Effect = Effect,
> extends Described {
  /** A `call` compiles only where the caller names these as well, required or optional. */
  readonly needs: readonly Need[];
  /** Those of `needs` without which it cannot begin. */
  readonly required: readonly Need[];
  readonly input: z.ZodMiniType<Input>;
  readonly result: Schema<Result> | undefined;
  readonly does: Does;
}

export type Needs<P> = { readonly [Name in keyof P]?: 'required' | 'optional' };
export type Names<N> = keyof N & string;

/** The ports that a procedure sees: each opens when it is called. An optional one that is not configured is undefined. */
export type Opened<P, N> = {
  readonly [Name in keyof N & keyof P]: () => Promise<N[Name] extends 'optional' ? P[Name] | undefined : P[Name]>;
};

export interface Header<P, Input, N extends Needs<P>> {
  readonly id: string;
  readonly section: string;
  readonly title: string;
  readonly purpose: string;
  readonly needs: N;
  readonly input: z.ZodMiniType<Input>;
}

/** What a procedure says at its end. */
export interface Tail<Input, Ports> {
  /** The sentence after a good end; `ms` is the time since the first change began, or of the whole run where there was none. */
  readonly summary?: (run: Reads & { readonly input: Input; readonly ms: number }) => string;
  /** One sentence about what was left half-way: a look at the world after a change, when the end was not good. */
  readonly stateLeft?: Given<Input, Ports, string>;
  /** Commands worth typing after an end that was not good. */
  readonly afterFailure?: (
    run: Reads & {
      readonly input: Input;
      /** The step that failed, and of a group the id of the item. */
      readonly failed: { readonly step: Step; readonly item?: string } | undefined;
      /** What failed was taken back by its undo. */
      readonly undone: boolean;
    },
  ) => readonly string[];
}
