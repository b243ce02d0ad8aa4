import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GivenAnswers } from '../../src/engine/confirmation.ts';
import type { Circumstances } from './generated-run.ts';
import { runGenerated } from './generated-run.ts';
import {
  everyApplyWasConfirmedAndIntended,
  everyIntentHasItsResult,
  nothingBeginsAfterTheStop,
  nothingRunsAfterAFailure,
  readOnly,
  statusIsWhatHappened,
  undoneIsWhatIsNotDone,
} from './invariants.ts';
import { anyTrees } from './trees.ts';
import type { Tree } from './trees.ts';
import { Journal } from './world.ts';

/** The answers that a script would pass for each question of a tree. */
const scriptedAnswers = (trees: readonly Tree[], choice: number, parent = ''): [string, string][] =>
  trees.flatMap((tree, index): [string, string][] => {
    const path = parent ? `${parent}/s${index}` : `s${index}`;
    if (tree.kind === 'manual') return [[path, choice % 2 === 0 ? 'done' : 'skipped']];
    if (tree.kind !== 'decision') return [];
    const option = choice % tree.options.length;
    return [
      [path, `o${option}`],
      ...tree.options.flatMap((steps, n) => scriptedAnswers(steps, choice, `${path}/o${n}`)),
    ];
  });

const inPercent = <T>(percent: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ arbitrary, weight: percent }, { arbitrary: fc.constant(undefined), weight: 100 - percent });

const anyCase = anyTrees.chain((trees) =>
  fc.record({
    trees: fc.constant(trees),
    given: fc
      .record({
        yes: fc.boolean(),
        confirm: fc.constantFrom(undefined, 'right', 'right', 'wrong'),
        answers: fc.constantFrom('all', 'all', 'none', 'nonsense'),
        choice: fc.nat(3),
      })
      .map(({ answers, choice, ...flags }) => ({
        ...flags,
        answers: new Map(
          answers === 'none'
            ? []
            : scriptedAnswers(trees, choice).map(([step, answer]) => [step, answers === 'all' ? answer : 'perhaps']),
        ),
      })),
    person: inPercent(
      70,
      fc.record(
        { choice: fc.nat(5), thinksMs: fc.constantFrom(0, 60_000), no: fc.nat(4), ctrlC: fc.nat(4) },
        { requiredKeys: ['choice', 'thinksMs'] },
      ),
    ),
    flagless: fc.boolean(),
    dryRun: fc.oneof({ arbitrary: fc.constant(false), weight: 5 }, { arbitrary: fc.constant(true), weight: 1 }),
    protected: fc.boolean(),
    stop: inPercent(40, fc.record({ at: fc.nat(60), again: fc.nat(12) }, { requiredKeys: ['at'] })),
    recorderFails: inPercent(25, fc.record({ failAt: fc.nat(40), once: fc.boolean() })),
  }),
);

describe('a run of any procedure', () => {
  it('applies only what was confirmed and recorded, and ends at the first thing that goes wrong', async () => {
    const reached = { applied: 0, done: 0, stopped: 0, unrecorded: 0, declined: 0, refused: 0, undone: 0 };
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ trees, flagless, given, ...rest }) => {
        const place = rest.protected ? 'shop/production' : 'shop/staging';
        const flags: GivenAnswers = {
          yes: given.yes,
          answers: given.answers,
          ...(given.confirm ? { confirm: given.confirm === 'right' ? place : 'shop/elsewhere' } : {}),
        };
        const noFlags: GivenAnswers = { yes: false, answers: new Map() };
        const circumstances: Circumstances = {
          ...rest,
          mood: 'faulty',
          given: rest.person && flagless ? noFlags : flags,
        };
        const journal = new Journal();
        const run = await runGenerated(trees, journal, circumstances);
        const { entries } = journal;
        const applies = entries.flatMap((entry, at) => (entry.is === 'call' && entry.call === 'apply' ? [at] : []));

        everyApplyWasConfirmedAndIntended(entries);
        nothingRunsAfterAFailure(entries);
        statusIsWhatHappened(run, circumstances, readOnly(trees));
        undoneIsWhatIsNotDone(trees, run);
        if (run.stoppedAt !== undefined) nothingBeginsAfterTheStop(entries, run.stoppedAt);
        if (rest.dryRun) expect(applies).toEqual([]);
        if (run.failedAt === undefined) everyIntentHasItsResult(entries);
        else expect(applies.filter((at) => at >= (run.failedAt ?? 0))).toEqual([]);

        const { status } = run.end.outcome;
        reached.applied += applies.length;
        if (status === 'done') reached.done++;
        if (status === 'declined') reached.declined++;
        if (status === 'refused') reached.refused++;
        if (run.stoppedAt !== undefined) reached.stopped++;
        if (run.failedAt !== undefined) reached.unrecorded++;
        if (entries.some((entry) => entry.is === 'call' && entry.call === 'apply' && entry.step.endsWith('/undo')))
          reached.undone++;
      }),
      { numRuns: 1000 },
    );
    // The thousand must have been through everything, or the above says little.
    for (const [what, times] of Object.entries(reached)) expect(times, what).toBeGreaterThan(0);
  });
});
