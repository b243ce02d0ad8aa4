import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event, StepOutcome } from '../../src/engine/events.ts';
import { sessionFrom } from '../../src/engine/session-state.ts';
import type { SessionState } from '../../src/engine/session-state.ts';
import type { Circumstances } from './generated-run.ts';
import { runGenerated } from './generated-run.ts';
import { everyApplyWasConfirmedAndIntended, readOnly } from './invariants.ts';
import { anyTrees } from './trees.ts';
import type { Tree } from './trees.ts';
import { Journal } from './world.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });

/**
 * The machine dies at any moment of a run: between two records, before or after the world has changed. What was synced
 * is still there, of what was written after it any part; the world is as it was at that moment.
 */
const anyCrash = fc.record(
  {
    /** Where in the run, from 0 to 1; or so many entries after an intent, where it hurts most. */
    moment: fc.oneof(share, fc.record({ intent: fc.nat(3), after: fc.integer({ min: 1, max: 8 }) })),
    /** How much of what was written but not synced is left. */
    kept: share,
    choice: fc.nat(5),
    thinksMs: fc.constantFrom(0, 60_000),
    no: fc.nat(8),
    ctrlC: fc.nat(12),
    stopAt: fc.nat(120),
    again: fc.nat(12),
  },
  { requiredKeys: ['moment', 'kept', 'choice', 'thinksMs'] },
);
type Crash = typeof anyCrash extends fc.Arbitrary<infer T> ? T : never;

const faulty = (crash: Crash): Circumstances => ({
  mood: 'faulty',
  dryRun: false,
  protected: false,
  given: { yes: false, answers: new Map() },
  person: {
    choice: crash.choice,
    thinksMs: crash.thinksMs,
    ...(crash.no === undefined ? {} : { no: crash.no }),
    ...(crash.ctrlC === undefined ? {} : { ctrlC: crash.ctrlC }),
  },
  stop:
    crash.stopAt === undefined
      ? undefined
      : { at: crash.stopAt, ...(crash.again === undefined ? {} : { again: crash.again }) },
  recorderFails: undefined,
});

const healthy: Circumstances = {
  mood: 'healthy',
  dryRun: false,
  protected: false,
  given: { yes: false, answers: new Map() },
  person: { choice: 1, thinksMs: 0 },
  stop: undefined,
  recorderFails: undefined,
};

/** A session over several runs: its log and the world it changes. */
class Session {
  readonly journal = new Journal();
  readonly log: Event[] = [];
  readonly trees: readonly Tree[];

  constructor(trees: readonly Tree[]) {
    this.trees = trees;
  }

  private history(): SessionState | undefined {
    return this.log.length === 0 ? undefined : sessionFrom(this.log);
  }

  async run(circumstances: Circumstances) {
    const before = this.history();
    const run = await runGenerated(this.trees, this.journal, circumstances, before);
    const entries = this.journal.entries.slice(run.from);
    everyApplyWasConfirmedAndIntended(entries);
    if (before) nothingDoneRunsAgain(before, entries);
    return { ...run, entries };
  }

  /** Runs, and dies on the way. */
  async crash(crash: Crash): Promise<void> {
    const { from, entries, recorder } = await this.run(faulty(crash));
    const moment = momentOf(crash, entries);
    this.journal.entries = this.journal.entries.slice(0, from + moment);
    const written = entries.slice(0, moment).filter((entry) => entry.is === 'record').length;
    const durable = recorder.events.slice(0, written).findLastIndex((event) => isSynced(event)) + 1;
    const left = durable + Math.round(crash.kept * (written - durable));
    this.log.push(...recorder.events.slice(0, left));
  }

  /** Resumes until there is nothing left to settle: a verification that cannot see ends a run, and the next one asks. */
  async finish() {
    const events: Event[] = [];
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one run after another
      const { end, recorder } = await this.run(healthy);
      this.log.push(...recorder.events);
      events.push(...recorder.events);
      const settled = events.filter((event) => event.type === 'step.result' && event.result === 'unknown').length;
      if (end.outcome.status !== 'unknown' || settled > 100) return { outcome: end.outcome, events };
    }
  }
}

const momentOf = ({ moment }: Crash, entries: Journal['entries']): number => {
  if (typeof moment === 'number') return Math.round(moment * entries.length);
  const intents = entries.flatMap((entry, at) =>
    entry.is === 'record' && entry.event.type === 'step.intent' ? [at] : [],
  );
  return Math.min(entries.length, (intents[moment.intent % intents.length] ?? 0) + moment.after);
};

const isUndo = (path: string): boolean => path.endsWith('/undo');

const isSynced = ({ type }: Event): boolean =>
  type.startsWith('session.') || type === 'confirmation' || type === 'step.intent' || type === 'step.result';

const done = (state: SessionState, path: string): boolean => {
  const good: readonly (StepOutcome | undefined)[] = ['ok', 'skipped'];
  return good.includes(state.steps.get(path)?.result);
};

const nothingDoneRunsAgain = (before: SessionState, entries: Journal['entries']): void => {
  for (const entry of entries) {
    // Taking back is offered each time that the step fails.
    if (entry.is !== 'call' || isUndo(entry.step)) continue;
    if (done(before, entry.step)) expect.fail(`${entry.call} of ${entry.step}, which was done`);
    if (entry.call === 'items' && before.steps.get(entry.step)?.items) expect.fail(`${entry.step}: items read again`);
    const answered =
      before.steps.get(entry.step)?.answer && /^o\d$/.test(before.steps.get(entry.step)?.answer?.answer ?? '');
    if (entry.call === 'ask' && answered) expect.fail(`${entry.step} was asked again`);
  }
};

const notDone = (trees: readonly Tree[], state: SessionState, parent = ''): string[] =>
  trees.flatMap((tree, index): string[] => {
    const path = parent ? `${parent}/s${index}` : `s${index}`;
    if (state.steps.get(path)?.result === 'skipped') return [];
    if (tree.kind === 'parallel')
      return tree.checks.flatMap((_, n) => (done(state, `${path}/c${n}`) ? [] : [`${path}/c${n}`]));
    if (tree.kind === 'decision') {
      const chosen = state.steps.get(path)?.answer?.answer;
      const steps = tree.options[Number(chosen?.slice(1))];
      return steps ? notDone(steps, state, `${path}/${chosen}`) : [path];
    }
    const inner = tree.kind === 'each' ? tree.actions.map((_, n) => `${path}/i${n}`) : [];
    return [path, ...inner].filter((one) => !done(state, one));
  });

describe('a session that was cut off at any moment', () => {
  it('is brought to its end without doing anything twice', async () => {
    const reached = { settledDone: 0, settledNotDone: 0, asked: 0, resumedTwice: 0 };
    await fc.assert(
      fc.asyncProperty(anyTrees, fc.array(anyCrash, { minLength: 1, maxLength: 3 }), async (trees, crashes) => {
        const session = new Session(trees);
        for (const crash of crashes) await session.crash(crash);
        const cut = sessionFrom(session.log);
        const open = [...cut.steps.values()].filter((step) => step.unsettled).map((step) => step.id);

        const { outcome, events } = await session.finish();
        const after = sessionFrom(session.log);

        expect(outcome.undone).toEqual([]);
        // What a check found before the crash still stands, and is the result of a procedure that only looks.
        expect(outcome.status).toMatch(readOnly(trees) ? /^(done|critical)$/ : /^done$/);
        expect(notDone(trees, after)).toEqual([]);
        expect(
          session.journal.entries.filter((entry) => entry.is === 'applied again without need' && !isUndo(entry.step)),
        ).toEqual([]);
        for (const { id, kind, result, intentAt } of after.steps.values())
          if (kind === 'action' && result === 'ok' && intentAt && !isUndo(id))
            expect(session.journal.has(id), `${id} is recorded as done`).toBe(true);
        for (const id of open.filter((one) => !isUndo(one))) {
          expect(after.steps.get(id)?.unsettled, `${id} is settled`).toBeUndefined();
          const again = events.some((event) => event.type === 'step.intent' && event.step === id);
          if (again) reached.settledNotDone++;
          else reached.settledDone++;
        }
        if (
          session.log.some(
            (event) => event.type === 'answer' && event.answer.endsWith('done') && isAction(event.step, cut),
          )
        )
          reached.asked++;
        if (cut.resumed.length > 1) reached.resumedTwice++;
      }),
      { numRuns: 600 },
    );
    for (const [what, times] of Object.entries(reached)) expect(times, what).toBeGreaterThan(0);
  });
});

const isAction = (path: string, state: SessionState): boolean => state.steps.get(path)?.intentAt !== undefined;
