import * as fc from 'fast-check';
import type { ErrorKind } from '../../src/engine/errors.ts';
import type { Verdict } from '../../src/engine/finding.ts';
import type { Tier } from '../../src/engine/tier.ts';

/** What is thrown: an error for the operator, or a fault of the program. */
export type Thrown = { readonly throws: ErrorKind | 'plain' };
export type When = 'always' | 'never' | 'at first' | Thrown | undefined;

export interface CheckTree {
  readonly kind: 'check';
  readonly when: When;
  readonly role: 'evidence' | 'precondition' | 'verification';
  readonly look: Verdict | Thrown;
}
export interface ActionTree {
  readonly kind: 'action';
  readonly when: When;
  readonly tier: Tier;
  readonly raises: number;
  readonly plan: 'works' | Thrown;
  /** What differs when it is planned for the second time. */
  readonly drift: 'nothing' | 'basis' | 'emptiness' | 'target' | 'tier';
  readonly apply: 'works' | Thrown;
  /** Whether the world has changed before `apply` waits, and before it throws what leaves that open. */
  readonly effectFirst: boolean;
  readonly takesMs: number;
  readonly reports: boolean;
  readonly verify: Verdict | Thrown;
  readonly undo: ActionTree | undefined;
}
export interface DecisionTree {
  readonly kind: 'decision';
  readonly when: When;
  readonly advise: 'nothing' | 'first' | Thrown;
  readonly options: readonly (readonly Tree[])[];
}
export interface ManualTree {
  readonly kind: 'manual';
  readonly when: When;
}
export interface WatchTree {
  readonly kind: 'watch';
  readonly when: When;
  readonly samples: number;
  readonly sample: 'works' | Thrown;
  readonly judge: Verdict;
  readonly endsWhenCritical: boolean;
}
export interface ParallelTree {
  readonly kind: 'parallel';
  readonly when: When;
  readonly checks: readonly CheckTree[];
}
export interface EachTree {
  readonly kind: 'each';
  readonly when: When;
  readonly items: 'works' | Thrown;
  readonly actions: readonly ActionTree[];
}
export type Tree = CheckTree | ActionTree | DecisionTree | ManualTree | WatchTree | ParallelTree | EachTree;

const errorKinds: readonly (ErrorKind | 'plain')[] = [
  'failed',
  'usage',
  'refused',
  'declined',
  'unreachable',
  'critical',
  'unknown',
  'unrecorded',
  'interrupted',
  'plain',
];
const thrown: fc.Arbitrary<Thrown> = fc.record({ throws: fc.constantFrom(...errorKinds) });

/** Mostly the first, so that runs get somewhere; now and then one of the rest. */
const mostly = <T>(usual: T, ...rest: fc.Arbitrary<T>[]): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 18 }, ...rest.map((arbitrary) => ({ arbitrary, weight: 1 })));

const verdicts = fc.constantFrom<Verdict>('warn', 'critical', 'unknown');
const when: fc.Arbitrary<When> = mostly<When>(undefined, fc.constantFrom<When>('always', 'never', 'at first'), thrown);

const check: fc.Arbitrary<CheckTree> = fc.record({
  kind: fc.constant('check'),
  when,
  role: fc.constantFrom('evidence', 'precondition', 'verification'),
  look: mostly<Verdict | Thrown>('ok', verdicts, thrown),
});

const fails = fc.constant<Thrown>({ throws: 'failed' });
const actionWith = (undo: fc.Arbitrary<ActionTree | undefined>): fc.Arbitrary<ActionTree> =>
  fc.record({
    kind: fc.constant('action'),
    when,
    tier: fc.constantFrom<Tier>('read', 'mild', 'disruptive', 'destructive'),
    raises: fc.constantFrom(0, 0, 1, 2),
    plan: mostly<'works' | Thrown>('works', thrown),
    drift: fc.constantFrom('nothing', 'nothing', 'nothing', 'basis', 'emptiness', 'target', 'tier'),
    apply: mostly<'works' | Thrown>('works', thrown, fails),
    effectFirst: fc.boolean(),
    takesMs: fc.constantFrom(0, 10, 5000),
    reports: fc.boolean(),
    verify: mostly<Verdict | Thrown>('ok', verdicts, thrown, fc.constant('unknown'), fc.constant('unknown')),
    undo,
  });
const withoutUndo = actionWith(fc.constant(undefined));
const takenBack = fc
  .record({ failing: withoutUndo, undo: withoutUndo })
  .map(({ failing, undo }): ActionTree => ({ ...failing, apply: { throws: 'failed' }, undo }));
const action = fc.oneof(
  { arbitrary: actionWith(fc.option(withoutUndo, { nil: undefined })), weight: 9 },
  { arbitrary: takenBack, weight: 1 },
);

const manual: fc.Arbitrary<ManualTree> = fc.record({ kind: fc.constant('manual'), when });
const watch: fc.Arbitrary<WatchTree> = fc.record({
  kind: fc.constant('watch'),
  when,
  samples: fc.integer({ min: 1, max: 3 }),
  sample: mostly<'works' | Thrown>('works', thrown),
  judge: mostly<Verdict>('ok', verdicts),
  endsWhenCritical: fc.boolean(),
});
const parallel: fc.Arbitrary<ParallelTree> = fc.record({
  kind: fc.constant('parallel'),
  when,
  checks: fc.array(check, { minLength: 1, maxLength: 3 }),
});
const each: fc.Arbitrary<EachTree> = fc.record({
  kind: fc.constant('each'),
  when,
  items: mostly<'works' | Thrown>('works', thrown),
  actions: fc.array(action, { maxLength: 3 }),
});

const trees = (depth: number): fc.Arbitrary<readonly Tree[]> => {
  const leaves: fc.Arbitrary<Tree>[] = [check, action, manual, watch, parallel, each, action, each];
  const decision: fc.Arbitrary<DecisionTree> = fc.record({
    kind: fc.constant('decision'),
    when,
    advise: mostly<DecisionTree['advise']>('nothing', fc.constant('first'), thrown),
    options: depth === 0 ? fc.constant([[]]) : fc.array(trees(depth - 1), { minLength: 1, maxLength: 2 }),
  });
  return fc.array(fc.oneof(...leaves, ...(depth === 0 ? [] : [decision, decision])), {
    minLength: depth === 2 ? 1 : 0,
    maxLength: 4,
  });
};

/** Procedures of up to four steps, with decisions in decisions. */
export const anyTrees: fc.Arbitrary<readonly Tree[]> = trees(2);
