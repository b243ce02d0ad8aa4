import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GivenAnswers } from '../../src/engine/plan/confirmation.ts';
import { scriptedAnswers } from './answers.ts';
import { runGenerated } from './generated-run.ts';
import type { Circumstances } from './generated-run.ts';
import { generate } from './generated-steps.ts';
import {
  everyIntentHasItsResult,
  must,
  nothingBeginsAfterTheStop,
  nothingIsAppliedWithoutARecord,
} from './invariants.ts';
import { everyCallSaysWhatItFound, statusIsWhatHappened, undoneIsWhatIsNotDone } from './outcome-invariants.ts';
import { isUndo, placesOf } from './places.ts';
import { times } from '../layers.ts';
import { inPercent, isWhole, random } from './random.ts';
import { mustKeepTheRules } from './rules.ts';
import { saying } from './saying.ts';
import type { ProcedureTree } from './tree.ts';
import { anyProcedureOrLook } from './trees.ts';

const anyCircumstances = fc.record({
  given: fc.record({
    yes: fc.boolean(),
    confirm: fc.constantFrom(undefined, 'right', 'right', 'wrong'),
    answers: fc.constantFrom('none', 'none', 'none', 'none', 'all', 'nonsense'),
    choice: fc.nat(3),
  }),
  person: inPercent(
    70,
    fc.record(
      { choice: fc.nat(5), thinksMs: fc.constantFrom(0, 60_000), no: fc.nat(8), ctrlC: fc.nat(12) },
      { requiredKeys: ['choice', 'thinksMs'] },
    ),
  ),
  flagless: fc.boolean(),
  dryRun: fc.oneof({ arbitrary: fc.constant(false), weight: 5 }, { arbitrary: fc.constant(true), weight: 1 }),
  protected: fc.boolean(),
  stop: inPercent(30, fc.record({ at: fc.nat(80), again: fc.nat(12) }, { requiredKeys: ['at'] })),
  recorderFails: inPercent(
    15,
    fc.record({ failAt: fc.nat(60), once: fc.boolean(), only: fc.constantFrom(undefined, 'step.progress' as const) }),
  ),
  noRecord: fc.nat(19).map((n) => n === 0),
  guard: inPercent(
    20,
    fc.record({
      refuses: fc.nat(4),
      at: fc.constantFrom<'question' | 'intent'>('question', 'intent'),
      takesMs: fc.constantFrom(0, 2000),
    }),
  ),
});

const answersFor = (tree: ProcedureTree, { answers, choice }: { readonly answers: string; readonly choice: number }) =>
  new Map(
    answers === 'none'
      ? []
      : scriptedAnswers(tree.steps, choice).map(([step, answer]) => [step, answers === 'all' ? answer : 'perhaps']),
  );

describe('a run of any procedure', () => {
  it('applies only what was confirmed and recorded, and ends at the first thing that goes wrong', async () => {
    const reached = { applied: 0, done: 0, stopped: 0, unrecorded: 0, declined: 0, refused: 0, critical: 0, unseen: 0 };
    const inCalls = { applied: 0, undone: 0, takenBack: 0, deepest: 0 };
    await fc.assert(
      fc.asyncProperty(anyProcedureOrLook, anyCircumstances, async (tree, { flagless, given, ...rest }) => {
        const place = rest.protected ? 'shop/production' : 'shop/staging';
        const flags: GivenAnswers = {
          yes: given.yes,
          answers: answersFor(tree, given),
          ...(given.confirm ? { confirm: given.confirm === 'right' ? place : 'shop/elsewhere' } : {}),
        };
        const noFlags: GivenAnswers = { yes: false, answers: new Map() };
        const circumstances: Circumstances = {
          ...rest,
          mood: 'faulty',
          given: rest.person && flagless ? noFlags : flags,
        };
        const generated = generate(tree);
        const places = placesOf(generated);
        const run = await runGenerated(generated, circumstances);
        const { entries } = generated.world;
        const unrecorded = run.failedAt !== undefined;
        const observed = { places, entries, history: undefined, dryRun: rest.dryRun, unrecorded };
        const applies = entries.flatMap((entry, at) => (entry.is === 'call' && entry.call === 'apply' ? [at] : []));

        const check = async () => {
          mustKeepTheRules(observed, []);
          statusIsWhatHappened(run, circumstances, places, tree);
          everyCallSaysWhatItFound(run, places);
          undoneIsWhatIsNotDone(generated, places, run);
          if (run.stoppedAt !== undefined) nothingBeginsAfterTheStop(observed, run.stoppedAt);
          if (rest.guard?.at === 'intent')
            must(applies.length <= rest.guard.refuses, () => 'applied what the guard has forbidden');
          if (rest.dryRun || rest.noRecord) must(applies.length === 0, () => 'something was applied');
          if (run.failedAt === undefined) everyIntentHasItsResult(observed);
          else nothingIsAppliedWithoutARecord(observed, run.failedAt);
        };
        await saying(tree, () => ({ ...circumstances, given }), check);

        const { status } = run.end.outcome;
        reached.applied += applies.length;
        if (status in reached) reached[status as keyof typeof reached]++;
        if (run.stoppedAt !== undefined) reached.stopped++;
        for (const entry of entries) {
          if (entry.is !== 'call' || entry.call !== 'apply') continue;
          const deep = places.get(entry.step)?.frame.split('/').length ?? 0;
          if (places.get(entry.step)?.frame) inCalls.applied++;
          inCalls.deepest = Math.max(inCalls.deepest, deep);
          if (isUndo(entry.step)) inCalls.undone++;
        }
        inCalls.takenBack += run.events.filter((one) => one.type === 'answer' && one.answer === 'take-back').length;
      }),
      random(times({ usually: 600, long: 3000 })),
    );
    // The three thousand must have been through everything, or the above says little.
    if (isWhole)
      for (const [what, count] of Object.entries({ ...reached, ...inCalls })) expect(count, what).toBeGreaterThan(0);
  });
});
