import * as fc from 'fast-check';
import type { ErrorKind } from '../../src/engine/errors.ts';
import type { Verdict } from '../../src/engine/finding.ts';
import type { Tier } from '../../src/engine/plan/tier.ts';
import { rarely } from './random.ts';
import type {
  Thrown,
  When,
  PortName,
  CheckTree,
  ActionTree,
  DecisionTree,
  ManualTree,
  WatchTree,
  ParallelTree,
  EachTree,
  EachCallTree,
  CallTree,
  Tree,
  ProcedureTree,
} from './tree.ts';

const errorKinds: readonly (ErrorKind | 'plain')[] = [
  'failed',
  'usage',
  'refused',
  'declined',
  'unreachable',
  'unreachable',
  'critical',
  'unseen',
  'unknown',
  'unrecorded',
  'interrupted',
  'plain',
];
const thrown: fc.Arbitrary<Thrown> = fc.record({ throws: fc.constantFrom(...errorKinds) });

/** Mostly the first, so that runs get somewhere; now and then one of the rest. */
const mostly = <T>(usual: T, ...rest: fc.Arbitrary<T>[]): fc.Arbitrary<T> =>
  fc.oneof(
    { withCrossShrink: true },
    { arbitrary: fc.constant(usual), weight: 40 },
    ...rest.map((arbitrary) => ({ arbitrary, weight: 1 })),
  );

const verdicts = fc.constantFrom<Verdict>('warn', 'critical', 'unknown');
const when: fc.Arbitrary<When> = mostly<When>(
  undefined,
  fc.constantFrom<When>('always', 'never', 'at first', 'later'),
  fc.constantFrom<When>('at first', 'later'),
  fc.nat(5).map((sees) => ({ sees })),
  thrown,
);

const check: fc.Arbitrary<CheckTree> = fc.record({
  kind: fc.constant('check'),
  when,
  role: fc.constantFrom('evidence', 'evidence', 'precondition', 'verification'),
  tolerant: rarely,
  port: mostly<PortName | undefined>(undefined, fc.constantFrom<PortName>('here', 'down', 'gone')),
  data: fc.boolean(),
  reads: rarely,
  once: rarely,
  replaces: rarely,
  look: mostly<Verdict | Thrown>('ok', verdicts, thrown, verdicts),
});

const differing = (['basis', 'emptiness', 'target', 'tier'] as const).map((drift) => fc.constant(drift));
const fails = fc.constant<Thrown>({ throws: 'failed' });
const actionWith = (undo: fc.Arbitrary<ActionTree['undo']>): fc.Arbitrary<ActionTree> =>
  fc.record({
    kind: fc.constant('action'),
    when,
    tier: fc.constantFrom<Tier>('read', 'mild', 'disruptive', 'destructive'),
    raises: fc.constantFrom(0, 0, 1, 2),
    reads: fc.boolean(),
    shared: rarely,
    plan: mostly<'works' | Thrown>('works', thrown),
    drift: mostly<ActionTree['drift']>('nothing', ...differing, ...differing),
    apply: mostly<'works' | Thrown>('works', thrown, fails, fails),
    effectFirst: fc.boolean(),
    takesMs: fc.constantFrom(0, 10, 5000),
    reports: rarely,
    verify: mostly<Verdict | Thrown>('ok', verdicts, thrown, fc.constant('unknown'), fc.constant('critical')),
    undo,
  });
const withoutUndo = actionWith(fc.constant(undefined));
const undo = fc.oneof<fc.Arbitrary<ActionTree['undo']>[]>(
  fc.constant(undefined),
  withoutUndo,
  withoutUndo,
  withoutUndo,
  mostly<ActionTree['undo']>('none', thrown),
);
const takenBack = fc
  .record({ failing: withoutUndo, undo: withoutUndo })
  .map(({ failing, undo: back }): ActionTree => ({ ...failing, apply: { throws: 'failed' }, undo: back }));
const action = fc.oneof({ arbitrary: actionWith(undo), weight: 8 }, { arbitrary: takenBack, weight: 1 });

/** Works, and can be taken back. */
const sound: fc.Arbitrary<ActionTree> = fc
  .record({ one: actionWith(withoutUndo), verify: mostly<Verdict>('ok', fc.constant('unknown')) })
  .map(({ one, verify }) => ({ ...one, when: undefined, plan: 'works', drift: 'nothing', apply: 'works', verify }));
const usualItems = { when: undefined, items: 'works', from: 1 } as const;
const changes = { does: fc.constant('changes'), lacks: fc.constant(false), says: fc.boolean() } as const;
const soundItems = fc.array(sound, { minLength: 1, maxLength: 2 });
const broken: fc.Arbitrary<Tree> = fc.oneof<fc.Arbitrary<Tree>[]>(
  takenBack,
  soundItems.map((actions): EachTree => ({ ...usualItems, kind: 'each', before: 'critical', actions })),
  check.map((one): CheckTree => ({ ...one, when: undefined, role: 'verification', look: 'critical' })),
  action.map((one): ActionTree => ({ ...one, when: undefined, drift: 'nothing', verify: 'critical' })),
);

const manual: fc.Arbitrary<ManualTree> = fc.record({ kind: fc.constant('manual'), when });
const watch: fc.Arbitrary<WatchTree> = fc.record({
  kind: fc.constant('watch'),
  when,
  samples: fc.integer({ min: 1, max: 2 }),
  sample: mostly<'works' | Thrown>('works', thrown),
  judge: mostly<Verdict>('ok', verdicts),
  endsWhenCritical: fc.boolean(),
});
const items = {
  when,
  items: mostly<'works' | Thrown>('works', thrown),
  before: fc.oneof(fc.constant(undefined), mostly<Verdict | Thrown>('ok', verdicts, thrown)),
  from: fc.nat(1),
};
const each: fc.Arbitrary<EachTree> = fc.record({
  kind: fc.constant('each'),
  ...items,
  actions: fc.array(action, { maxLength: 3 }),
});

const callOf = (callee: fc.Arbitrary<ProcedureTree>): fc.Arbitrary<CallTree> =>
  fc
    .record({
      kind: fc.constant('call'),
      when,
      tolerant: fc.boolean(),
      replaces: rarely,
      input: mostly<'works' | Thrown>('works', thrown),
      callee,
      twice: fc.nat(4).map((n) => n === 4),
    })
    .map(({ tolerant, replaces, ...call }) => {
      const reads = call.callee.does === 'reads';
      return passable({ ...call, tolerant: reads && tolerant, replaces: reads && replaces });
    });

/** What lacks a port is passed over where there is a condition: then the condition must be false, or nothing ever gets past it. */
const passable = <One extends CallTree | EachCallTree>(call: One): One =>
  call.when !== undefined && lacking([{ ...call, when: undefined }]) ? { ...call, when: 'never' } : call;

const expanded = (trees: readonly Tree[]): readonly Tree[] =>
  trees.flatMap((tree) => (tree.kind === 'call' && tree.twice ? [tree, { ...tree }] : [tree]));

const lookSteps = (depth: number): fc.Arbitrary<readonly Tree[]> => {
  const inner = depth > 0 ? [callOf(looks(depth - 1))] : [];
  const parallel: fc.Arbitrary<ParallelTree> = fc.record({
    kind: fc.constant('parallel'),
    steps: fc.array(fc.oneof({ withCrossShrink: true }, check, ...inner), { minLength: 1, maxLength: 3 }),
  });
  return fc
    .array(fc.oneof({ withCrossShrink: true }, check as fc.Arbitrary<Tree>, check, watch, parallel, ...inner), {
      minLength: 1,
      maxLength: 3,
    })
    .map(expanded)
    .map(readOnly);
};

/** A look has neither a precondition nor a verification. */
const readOnly = (trees: readonly Tree[]): readonly Tree[] =>
  trees.map((tree) => {
    if (tree.kind === 'parallel') return { ...tree, steps: readOnly(tree.steps) as ParallelTree['steps'] };
    return tree.kind === 'check' ? { ...tree, role: 'evidence' } : tree;
  });

const looks = (depth: number): fc.Arbitrary<ProcedureTree> =>
  fc.record({
    does: fc.constant('reads'),
    lacks: mostly(false, fc.constant(true)),
    steps: lookSteps(depth),
    says: fc.boolean(),
  });

const trees = (depth: number, calls: number): fc.Arbitrary<readonly Tree[]> => {
  const leaves: fc.Arbitrary<Tree>[] = [check, check, action, action, action, manual, watch, each];
  if (calls > 0) {
    const look = looks(calls - 1);
    const parallel: fc.Arbitrary<ParallelTree> = fc.record({
      kind: fc.constant('parallel'),
      steps: fc.array(fc.oneof({ withCrossShrink: true }, check, callOf(look)), { minLength: 1, maxLength: 3 }),
    });
    const callee = procedures(calls - 1);
    const eachCall: fc.Arbitrary<EachCallTree> = fc
      .record({
        kind: fc.constant('eachCall'),
        ...items,
        count: fc.nat(2),
        callee: fc.oneof({ arbitrary: callee, weight: 3 }, { arbitrary: look, weight: 1 }),
      })
      .map(passable);
    leaves.push(parallel, callOf(look), callOf(callee), callOf(callee), callOf(failing(calls - 1)), eachCall);
  }
  const decision: fc.Arbitrary<DecisionTree> = fc
    .record({
      kind: fc.constant('decision'),
      when,
      advise: mostly<DecisionTree['advise']>('nothing', fc.constant('first'), thrown),
      unasked: fc.boolean(),
      options: optionsOf(depth, calls),
    })
    // One of them can always be chosen.
    .map((made) => (made.options.every(lacking) ? { ...made, options: [...made.options, []] } : made));
  if (depth > 0) leaves.push(decision, decision);
  return fc.array(fc.oneof({ withCrossShrink: true }, ...leaves), { maxLength: calls === 3 ? 4 : 3 }).map(expanded);
};

const optionsOf = (depth: number, calls: number): fc.Arbitrary<DecisionTree['options']> =>
  depth === 0 ? fc.constant([[]]) : fc.array(trees(depth - 1, calls), { minLength: 1, maxLength: 2 });

const procedures = (calls: number): fc.Arbitrary<ProcedureTree> =>
  fc.record({
    does: fc.constant('changes'),
    lacks: mostly(false, fc.constant(true)),
    steps: trees(calls > 1 ? 1 : 0, calls),
    says: fc.boolean(),
  });

/** Fails half-way, when something has been changed that can be taken back. */
const failing = (calls: number): fc.Arbitrary<ProcedureTree> => {
  const soundEach = soundItems.map((actions): Tree => ({ ...usualItems, kind: 'each', before: undefined, actions }));
  const soundCallee = fc.record({ ...changes, steps: fc.tuple(sound) });
  const brokenCalls = soundCallee.map((callee): Tree => ({
    ...usualItems,
    kind: 'eachCall',
    before: 'critical',
    count: 2,
    callee,
  }));
  const [calling, breaking] = calls > 0 ? [[callOf(soundCallee)], [brokenCalls, callOf(failing(calls - 1))]] : [[], []];
  const before = fc.oneof<fc.Arbitrary<Tree>[]>(sound, sound, soundEach, ...calling);
  const last = fc.oneof<fc.Arbitrary<Tree>[]>(broken, broken, ...breaking);
  return fc
    .record({ ...changes, before: fc.array(before, { minLength: 1, maxLength: 2 }), last })
    .map(({ before: steps, last: end, ...procedure }) => ({ ...procedure, steps: [...steps, end] }));
};

/** Whether a call that these steps always make cannot be made, because a port is not configured. */
export const lacking = (steps: readonly Tree[]): boolean =>
  steps.some((step) => {
    if (step.kind === 'parallel') return lacking(step.steps);
    if ((step.kind !== 'call' && step.kind !== 'eachCall') || step.when !== undefined) return false;
    if (step.kind === 'call' && step.tolerant) return false;
    return step.callee.lacks || lacking(step.callee.steps);
  });

/** Procedures with calls in calls up to depth 3, and decisions in decisions. */
export const anyProcedure: fc.Arbitrary<ProcedureTree> = fc.record({
  does: fc.constant('changes'),
  lacks: fc.constant(false),
  steps: trees(2, 3),
  says: fc.boolean(),
});

/** The same, and procedures that only look. */
export const anyProcedureOrLook: fc.Arbitrary<ProcedureTree> = fc.oneof(
  { arbitrary: anyProcedure, weight: 5 },
  { arbitrary: looks(2).map((look) => ({ ...look, lacks: false })), weight: 1 },
);
