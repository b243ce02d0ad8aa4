import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scriptedAnswers } from './answers.ts';
import { calm, runGenerated } from './generated-run.ts';
import type { Circumstances } from './generated-run.ts';
import { generate } from './generated-steps.ts';
import { everyApplyWasConfirmedAndIntended, must } from './invariants.ts';
import { placesOf } from './places.ts';
import { times } from '../layers.ts';
import { inPercent, isWhole, random } from './random.ts';
import { saying } from './saying.ts';
import { anyProcedure, lacking } from './trees.ts';
import type { Entry } from './world.ts';

const anyPlan = fc.record({
  /** Which answers are given beforehand. */
  choice: inPercent(50, fc.nat(3)),
  /** Whether other steps are wanted once the run has looked at the plan. */
  turns: fc.nat(2).map((n) => n === 2),
  /** Which of the planned steps is no longer what it was, since before or after the run has looked at the plan. */
  drift: inPercent(
    40,
    fc.record({
      which: fc.nat(9),
      from: fc.constantFrom(1, 2),
      what: fc.constantFrom('basis' as const, 'emptiness' as const, 'target' as const, 'tier' as const),
    }),
  ),
});

const plannedIn = (entries: readonly Entry[]) =>
  new Map(entries.flatMap((entry) => (entry.is === 'planned' ? [[entry.step, entry] as const] : [])));

describe('a run with the hash of a dry run', () => {
  it('does what was planned, asks about what could not be, and nothing else', async () => {
    const reached = { done: 0, refused: 0, applied: 0, asked: 0, inCalls: 0 };
    await fc.assert(
      fc.asyncProperty(anyProcedure, anyPlan, async (tree, { choice, turns, drift }) => {
        if (lacking(tree.steps)) return;
        const generated = generate(tree);
        const places = placesOf(generated);
        const answers = new Map(choice === undefined ? [] : scriptedAnswers(tree.steps, choice));
        const given = { yes: true, confirm: 'shop/staging', answers };
        const circumstances: Circumstances = { ...calm, given };
        await saying(
          tree,
          () => ({ choice, turns, drift }),
          async () => {
            const dry = await runGenerated(generated, { ...circumstances, person: undefined, dryRun: true });
            const { hash, plan } = dry.events.find((event) => event.type === 'plan.hash') ?? {};
            const open = (plan?.steps ?? []).flatMap((entry) => ('open' in entry ? [entry.open] : []));
            const planned = plannedIn(generated.world.entries);
            must(
              generated.world.entries.every((entry) => entry.is !== 'effect'),
              () => 'a dry run has changed something',
            );
            if (hash === undefined) return;
            const changes = [...planned.values()].filter(
              ({ tier }) => tier !== 'destructive' || drift?.what !== 'tier',
            );
            const called = dry.events.flatMap((event) => (event.type === 'call.opened' ? [event.step] : []));
            const calls = called.filter((path) => places.get(path)?.before === undefined);
            const movable = [...changes.map(({ step }) => step), ...calls];
            const moved = drift && movable[drift.which % Math.max(1, movable.length)];
            generated.world.turns = turns;
            if (drift && moved !== undefined) generated.world.drift = { step: moved, ...drift };

            const run = await runGenerated(generated, { ...circumstances, plan: hash });
            const entries = generated.world.entries.slice(run.from);
            everyApplyWasConfirmedAndIntended({ places, entries, history: undefined });
            const { status, summary } = run.end.outcome;
            // A verification may be blind, a port not configured, and a step not run that another one reads.
            const ends =
              ['done', 'unknown', 'unseen'].includes(status) || /has not run|could not be seen/.test(summary);
            if (moved === undefined && !turns) must(ends, () => `${status}: ${summary}`);
            for (const entry of entries) {
              if (entry.is !== 'call' || entry.call !== 'apply') continue;
              const then = planned.get(entry.step);
              const now = plannedIn(entries).get(entry.step);
              const unplanned = open.some((path) => entry.step === path || entry.step.startsWith(`${path}/`));
              must(then !== undefined || unplanned, () => `${entry.step} was in no plan, and was applied`);
              const same = moved === undefined || (entry.step !== moved && !entry.step.startsWith(`${moved}/`));
              must(same, () => `${moved} has moved, and ${entry.step} was applied`);
              must(!then || now?.tier === then.tier, () => `${entry.step} has become ${now?.tier}`);
              reached.applied++;
              if (places.get(entry.step)?.frame) reached.inCalls++;
            }
            for (const event of run.events)
              if (event.type === 'confirmation' && event.tier !== 'read') {
                const covered = event.covers.every(({ step }) => planned.has(step));
                must(covered === (event.by !== 'prompt'), () => `${event.step} was confirmed by ${event.by}`);
                if (!covered) reached.asked++;
              }
            if (status === 'done') reached.done++;
            if (status === 'refused') reached.refused++;
          },
        );
      }),
      random(times({ usually: 400, long: 2000 })),
    );
    if (isWhole) for (const [what, count] of Object.entries(reached)) expect(count, what).toBeGreaterThan(0);
  });
});
