import { expect } from 'vitest';
import type { Event, StepOutcome } from '../../src/engine/events.ts';
import { tierNumber } from '../../src/engine/tier.ts';
import type { Circumstances, GeneratedRun } from './generated-run.ts';
import type { Tree } from './trees.ts';
import type { Entry } from './world.ts';

const good: ReadonlySet<StepOutcome> = new Set(['ok', 'skipped']);
const recordOf = (entry: Entry): Event | undefined => (entry.is === 'record' ? entry.event : undefined);

/** Safety: nothing is applied that was not confirmed as it is, at its tier, and durably intended. */
export const everyApplyWasConfirmedAndIntended = (entries: readonly Entry[]): void => {
  const confirmed = new Map<string, { fingerprint: string; tier: number }>();
  const planned = new Map<string, { fingerprint: string; tier: number }>();
  const intended = new Map<string, { fingerprint: string; tier: number }>();
  for (const entry of entries) {
    if (entry.is === 'planned') planned.set(entry.step, { ...entry, tier: tierNumber(entry.tier) });
    const event = recordOf(entry);
    if (event?.type === 'confirmation' && event.decision === 'confirmed')
      for (const covered of event.covers)
        confirmed.set(covered.step, { fingerprint: covered.fingerprint, tier: tierNumber(event.tier) });
    if (event?.type === 'step.intent') intended.set(event.step, { ...event, tier: tierNumber(event.tier) });
    if (entry.is !== 'call' || entry.call !== 'apply') continue;
    const { step } = entry;
    const intent = intended.get(step);
    expect(intent, `${step} was applied without an intent`).toBeDefined();
    expect(intent?.fingerprint, `${step}: applied what was intended`).toBe(entry.fingerprint);
    expect(planned.get(step)?.fingerprint, `${step}: applied what was planned last`).toBe(entry.fingerprint);
    expect(confirmed.get(step)?.fingerprint, `${step}: applied what was confirmed`).toBe(entry.fingerprint);
    expect(confirmed.get(step)?.tier, `${step}: confirmed at its tier`).toBeGreaterThanOrEqual(
      planned.get(step)?.tier ?? Infinity,
    );
    // One confirmation and one intent are good for one time.
    intended.delete(step);
    confirmed.delete(step);
  }
};

/** Every intent has its result, unless the recorder failed. */
export const everyIntentHasItsResult = (entries: readonly Entry[]): void => {
  const open = new Set<string>();
  for (const event of entries.map(recordOf)) {
    if (event?.type === 'step.intent') open.add(event.step);
    if (event?.type === 'step.result') open.delete(event.step);
  }
  expect([...open], 'intents without a result').toEqual([]);
};

/** After the operator asked to stop only the change that is under way is finished and verified. */
export const nothingBeginsAfterTheStop = (entries: readonly Entry[], stoppedAt: number): void => {
  const underWay = new Set<string>();
  for (const [position, entry] of entries.entries()) {
    const event = recordOf(entry);
    if (position <= stoppedAt && event?.type === 'step.intent') underWay.add(event.step);
    if (event?.type === 'step.result') underWay.delete(event.step);
    if (position <= stoppedAt || entry.is !== 'call') continue;
    const finishing = (entry.call === 'apply' || entry.call === 'verify') && underWay.has(entry.step);
    if (!finishing) expect.fail(`${entry.call} of ${entry.step} began after the stop`);
  }
};

/** After a step that did not end well nothing else is touched, not even looked at; only checks side by side may be under way. */
export const nothingRunsAfterAFailure = (entries: readonly Entry[]): void => {
  let failed: string | undefined;
  for (const entry of entries) {
    const event = recordOf(entry);
    if (event?.type === 'step.result' && !event.step.endsWith('/undo') && !good.has(event.result))
      failed ??= event.step;
    if (failed === undefined || entry.is !== 'call') continue;
    const sideBySide = /\/c\d$/.test(failed) && entry.step.startsWith(failed.slice(0, -1));
    if (!sideBySide) expect.fail(`${entry.call} of ${entry.step} after ${failed} had not ended well`);
  }
};

const statusesFor: Record<Exclude<StepOutcome, 'ok' | 'skipped'>, readonly string[]> = {
  failed: ['failed', 'unreachable', 'critical', 'unrecorded'],
  refused: ['refused', 'usage'],
  declined: ['declined'],
  interrupted: ['interrupted'],
  unknown: ['unknown'],
};

/** `outcome.status` is what the records say. */
export const statusIsWhatHappened = (run: GeneratedRun, circumstances: Circumstances, readOnly: boolean): void => {
  const { status, undone, summary } = run.end.outcome;
  if (run.failedAt !== undefined) return expect(status).toBe('unrecorded');
  const results = run.recorder.events.filter((event) => event.type === 'step.result');
  const bad = results.filter((event) => !event.step.endsWith('/undo') && !good.has(event.result));
  if (bad.length > 0) {
    const fitting = bad.flatMap((event) => statusesFor[event.result as keyof typeof statusesFor]);
    expect(fitting, `after ${bad.map((event) => event.result).join()}: ${summary}`).toContain(status);
    return;
  }
  if (run.stoppedAt !== undefined && status === 'interrupted') return expect(undone).not.toEqual([]);
  expect(undone).toEqual([]);
  const critical = results.some((event) => event.finding?.verdict === 'critical');
  const findings = readOnly && critical ? 'critical' : 'done';
  expect(status, summary).toBe(findings);
  if (circumstances.dryRun && status === 'done') expect(summary).toContain('nothing was changed');
};

/** What is not done is named, and what is done is not. */
export const undoneIsWhatIsNotDone = (trees: readonly Tree[], run: GeneratedRun): void => {
  const results = new Map<string, StepOutcome>();
  const answers = new Map<string, string>();
  const items = new Set<string>();
  for (const event of run.recorder.events) {
    if (event.type === 'step.result') results.set(event.step, event.result);
    if (event.type === 'answer') answers.set(event.step, event.answer);
    if (event.type === 'items.planned') items.add(event.step);
  }
  const { undone } = run.end.outcome;
  const done = (path: string) => good.has(results.get(path) ?? 'failed');
  const needed = (steps: readonly Tree[], parent: string): string[][] =>
    steps.flatMap((tree, index): string[][] => {
      const path = parent ? `${parent}/s${index}` : `s${index}`;
      if (tree.kind === 'parallel' && !done(path))
        return tree.checks.flatMap((_, n) => (done(`${path}/c${n}`) ? [] : [[path, `${path}/c${n}`]]));
      if (tree.kind === 'each' && !done(path)) {
        if (!items.has(path)) return [[path]];
        const open = tree.actions.flatMap((_, n) => (done(`${path}/i${n}`) ? [] : [[path, `${path}/i${n}`]]));
        return open;
      }
      const chosen = answers.get(path)?.slice(1);
      if (tree.kind === 'decision' && done(path) && chosen !== undefined)
        return needed(tree.options[Number(chosen)] ?? [], `${path}/o${chosen}`);
      return done(path) ? [] : [[path]];
    });
  for (const oneOf of needed(trees, ''))
    if (!oneOf.some((title) => undone.includes(title)))
      expect.fail(`${oneOf.at(-1)} is not done, but undone is [${undone.join()}]`);
  // A step whose result could not be recorded counts as not done.
  if (run.failedAt === undefined)
    for (const title of undone) expect(done(title), `${title} is done, but listed as undone`).toBe(false);
  expect(new Set(undone).size, 'each is named once').toBe(undone.length);
};

/** Such a procedure is judged by what it finds. */
export const readOnly = (trees: readonly Tree[]): boolean =>
  trees.every((tree) =>
    tree.kind === 'decision' ? tree.options.every(readOnly) : ['check', 'parallel', 'watch'].includes(tree.kind),
  );
