import type { Json, Schema } from '../json.ts';
import type { Reads } from './context.ts';
import { takeBackId } from './take-back.ts';
import type { Effect, Header, Names, Needs, Opened, Procedure, Tail } from './procedure.ts';
import type { ActionSpec, Undo } from './specs.ts';
import type { ReadStep, Step } from './step.ts';
import type { LookWords, Words } from './words.ts';

/**
 * The two builders for the ports of a program: `look` makes a procedure that only reads (no audit file, exit 6 where critical),
 * `procedure` makes any other. `steps` is evaluated once, when the module is loaded.
 * Errors: `TypeError` for a tree in which one step could be taken for another; see `requireDistinct`.
 */
export const procedureFor = <P>() => ({
  look: <Input, R extends Json, const N extends Needs<P>>(
    definition: Header<P, Input, N> & {
      /** What a caller reads, and `result` in `-o json`. */
      readonly result: Schema<R>;
      readonly steps: (
        say: LookWords<Input, Opened<P, N>, Names<N>>,
      ) => { readonly steps: readonly ReadStep[]; readonly result: (reads: Reads) => NoInfer<R> } & Tail<
        Input,
        Opened<P, N>
      >;
    },
  ): Procedure<Input, R, Names<N>, 'reads'> => build(definition, 'reads'),
  procedure: <Input, const N extends Needs<P>>(
    definition: Header<P, Input, N> & {
      readonly steps: (
        say: Words<Input, Opened<P, N>, Names<N>>,
      ) => { readonly steps: readonly Step[]; readonly result?: never } & Tail<Input, Opened<P, N>>;
    },
  ): Procedure<Input, null, Names<N>, 'changes'> => build(definition, 'changes'),
});

/** The action that takes a change back; see `ActionSpec.undo`. */
export const undoAction = <Input, Ports, Plan extends Json, Receipt>(
  id: string,
  title: string,
  spec: ActionSpec<Input, Ports, Plan, Receipt>,
): Undo<Input, Ports> => forgotten(made('action')(id, title, spec));

// ---- The one place that forgets types: below here steps are plain data, and the engine reads them through `treeOf`.

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above: the types outside are phantoms
const forgotten = (data: unknown): never => data as never;

interface Made {
  readonly kind: string;
  readonly id: string;
  readonly steps?: readonly Made[];
  readonly options?: Readonly<Record<string, { readonly steps: readonly Made[] }>>;
  /** What a call runs; built already. */
  readonly procedure?: { readonly steps: readonly Made[] };
}

interface Tree {
  readonly steps: readonly Made[];
  readonly result?: unknown;
}

const made =
  (kind: string, more: object = {}) =>
  (id: string, title: string, spec: object) => ({
    ...spec,
    ...more,
    kind,
    id,
    title,
  });

const say = {
  check: made('check', { role: 'evidence' }),
  precondition: made('check', { role: 'precondition' }),
  verification: made('check', { role: 'verification' }),
  action: made('action'),
  each: made('each'),
  eachCall: made('eachCall'),
  decision: made('decision'),
  manual: made('manual'),
  watch: made('watch'),
  call: made('call'),
  parallel: (id: string, title: string, steps: readonly Made[]) => ({ kind: 'parallel', id, title, steps }),
};

const build = (
  definition: {
    readonly id: string;
    readonly needs: Readonly<Record<string, 'required' | 'optional' | undefined>>;
    readonly result?: unknown;
    readonly steps: (words: never) => object;
  },
  does: Effect,
): never => {
  const { steps, result: resultOf, ...tail }: Tree = forgotten(definition.steps(forgotten(say)));
  requireDistinct(definition.id, steps, new Set());
  if (depthOf(steps) > deepest) throw new TypeError(`${definition.id}: its calls are more than ${deepest} deep`);
  const needs = Object.keys(definition.needs);
  return forgotten({
    result: undefined,
    ...definition,
    ...tail,
    steps,
    ...(resultOf === undefined ? {} : { resultOf }),
    needs,
    required: needs.filter((name) => definition.needs[name] === 'required'),
    does,
  });
};

/** How many calls may be inside each other. Source: design.md, "Frames, the record, resume". */
const deepest = 8;

const depthOf = (steps: readonly Made[]): number =>
  Math.max(
    0,
    ...steps.map(({ steps: inner = [], options = {}, procedure }) =>
      Math.max(
        depthOf(inner),
        ...Object.values(options).map((option) => depthOf(option.steps)),
        procedure ? 1 + depthOf(procedure.steps) : 0,
      ),
    ),
  );

const stepId = /^[a-z][a-z0-9-]*$/;

/** Refuses the same step object in two places, equal ids side by side, and an id that is not one. */
const requireDistinct = (procedure: string, steps: readonly Made[], placed: Set<Made>): void => {
  const ids = new Set<string>();
  for (const step of steps) {
    if (!stepId.test(step.id))
      throw new TypeError(`${procedure}: "${step.id}" is not a step id (lower case, digits, hyphens)`);
    if (step.id === takeBackId)
      throw new TypeError(`${procedure}: "${takeBackId}" is the question after a call that failed`);
    if (ids.has(step.id)) throw new TypeError(`${procedure}: two steps beside each other are called "${step.id}"`);
    if (placed.has(step))
      throw new TypeError(`${procedure}: "${step.id}" stands in two places; its data would have two owners`);
    ids.add(step.id);
    placed.add(step);
    requireDistinct(procedure, step.steps ?? [], placed);
    for (const [option, { steps: inner }] of Object.entries(step.options ?? {})) {
      if (!stepId.test(option)) throw new TypeError(`${procedure}: "${option}" is not the id of an option`);
      requireDistinct(procedure, inner, placed);
    }
  }
};
