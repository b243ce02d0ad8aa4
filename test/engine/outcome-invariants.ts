import type { Event, StepOutcome } from '../../src/engine/session/events.ts';
import type { AnyFinding } from '../../src/engine/finding.ts';
import type { Circumstances, GeneratedRun } from './generated-run.ts';
import { itemId } from './generated-steps.ts';
import type { Generated } from './generated-steps.ts';
import { isGood, must } from './invariants.ts';
import { isUndo, worstOf } from './places.ts';
import type { Places } from './places.ts';
import type { Tree } from './tree.ts';
import { join } from './world.ts';

const statusesFor: Record<Exclude<StepOutcome, 'ok' | 'skipped'>, readonly string[]> = {
  failed: ['failed', 'unreachable', 'critical', 'unseen', 'unrecorded'],
  refused: ['refused', 'usage'],
  declined: ['declined'],
  interrupted: ['interrupted'],
  unknown: ['unknown'],
};

type Result = Extract<Event, { type: 'step.result' }>;
const resultsOf = (run: GeneratedRun): readonly Result[] => run.events.filter((event) => event.type === 'step.result');

/** Of a run that is no resumed one: `outcome` is what the records say. */
export const statusIsWhatHappened = (
  run: GeneratedRun,
  circumstances: Circumstances,
  places: Places,
  tree: Generated['tree'],
): void => {
  const { status, undone, summary, applied, verdict } = run.end.outcome;
  const say = (what: string) => () => `${what}: ${status}, ${verdict}, ${applied} applied, ${summary}`;
  if (run.failedAt !== undefined) return must(status === 'unrecorded', say('the record failed'));
  const results = resultsOf(run);
  const changes = results.filter(({ step, result }) => result === 'ok' && !isUndo(step) && intended(run, step));
  must(applied === changes.length, say(`${changes.length} changes were made`));
  const borne = (path: string, at: number) =>
    results.slice(at).some((one) => isGood(one.result) && path.startsWith(`${one.step}/`));
  const bad = results.filter(({ step, result }, at) => !isUndo(step) && !isGood(result) && !borne(step, at));
  if (bad.length > 0) {
    const fitting = bad.flatMap(({ result }) => statusesFor[result as keyof typeof statusesFor]);
    const undoIsOpen = results.some(({ step, result }) => isUndo(step) && !isGood(result));
    must(fitting.includes(status) || (undoIsOpen && status === 'unknown'), say(bad.map(({ result }) => result).join()));
    return;
  }
  if (results.length === 0 && ['usage', 'refused', 'unrecorded'].includes(status)) return;
  if (run.stoppedAt !== undefined && status === 'interrupted') return must(undone.length > 0, say('stopped'));
  must(undone.length === 0, say(`all is well, and undone is ${undone.join()}`));
  const found = lastLooks(results, places);
  must(verdict === worstIn(found, '', places), say('the verdict'));
  const plans = circumstances.dryRun && run.events.some(({ type }) => type === 'change.planned');
  const critical = verdict === 'critical';
  const unseen = found.some(([, one]) => one.verdict === 'unknown');
  const unverified = found.some(([step, one]) => {
    const place = places.get(step);
    return place?.role === 'verification' && !place.tolerant && one.verdict === 'unknown';
  });
  if (applied > 0 && !circumstances.dryRun)
    return must(status === (unverified ? 'unseen' : 'done'), say('what it verified'));
  // A dry run is good where it has planned something, or could not plan it.
  if (circumstances.dryRun && !plans && status === 'done' && tree.does === 'changes') return;
  must(status === (plans ? 'done' : critical ? 'critical' : unseen ? 'unseen' : 'done'), say('its findings'));
  if (circumstances.dryRun && status === 'done') must(summary.includes('nothing was changed'), say('dry run'));
};

/** Of a run that is no resumed one: a call is closed with the worst of what its steps have seen. */
export const everyCallSaysWhatItFound = (run: GeneratedRun, places: Places): void => {
  const results: Result[] = [];
  for (const event of run.events) {
    if (event.type === 'step.result') results.push(event);
    if (event.type !== 'call.closed') continue;
    const worst = worstIn(lastLooks(results, places), event.step, places);
    must(event.verdict === worst, () => `${event.step} was closed as ${event.verdict}, and has seen ${worst}`);
  }
};

const worstIn = (found: readonly (readonly [string, AnyFinding])[], frame: string, places: Places) =>
  worstOf(found.flatMap(([step, { verdict }]) => (places.get(step)?.frame === frame ? [verdict] : [])));

const intended = (run: GeneratedRun, path: string): boolean =>
  run.events.some((event) => event.type === 'step.intent' && event.step === path);

/** The last look at each thing. */
const lastLooks = (results: readonly Result[], places: Places): readonly (readonly [string, AnyFinding])[] => {
  const found = results.flatMap(({ step, finding }) => (finding && !isUndo(step) ? [[step, finding] as const] : []));
  const replaced = new Set(found.map(([step]) => places.get(step)?.replaces));
  return found.flatMap(([step, finding]) => {
    // What a call counts for is what its caller sees of it.
    const gone = replaced.has(step) || [...replaced].some((path) => path && step.startsWith(`${path}/`));
    return gone ? [] : [[step, finding] as const];
  });
};

/** Of a run that is no resumed one: what is not done is named, and what is done is not. */
export const undoneIsWhatIsNotDone = ({ tree }: Generated, places: Places, run: GeneratedRun): void => {
  const results = new Map<string, StepOutcome>();
  const answers = new Map<string, string>();
  const entered = new Set<string>();
  for (const event of run.events) {
    if (event.type === 'step.result') results.set(event.step, event.result);
    if (event.type === 'answer') answers.set(event.step, event.answer);
    if (event.type === 'items.planned' || event.type === 'call.opened') entered.add(event.step);
  }
  const { undone } = run.end.outcome;
  const done = (path: string) => isGood(results.get(path));
  const titleOf = (path: string) => places.get(path)?.title ?? path;
  const within = (path: string) =>
    [...places.values()].flatMap((place) => (place.path.startsWith(`${path}/`) ? [place.title] : []));
  /** For each step that is not done the titles of which one has to be there. */
  const needed = (steps: readonly Tree[], parent: string, letter = 's'): readonly (readonly string[])[] =>
    steps.flatMap((step, index): readonly (readonly string[])[] => {
      const path = join(parent, `${letter}${index}`);
      const also = (inner: readonly (readonly string[])[]) =>
        inner.length === 0 ? [[titleOf(path)]] : inner.map((titles) => [titleOf(path), ...titles]);
      if (step.kind === 'parallel') {
        const open = needed(step.steps, path, 'p');
        return step.steps.every((_, n) => done(join(path, `p${n}`))) ? [] : also(open);
      }
      const chosen = answers.get(path)?.slice(1);
      if (step.kind === 'decision' && done(path))
        return chosen === undefined ? [] : needed(step.options[Number(chosen)] ?? [], join(path, `o${chosen}`));
      if (done(path)) return [];
      if (!entered.has(path)) return [[titleOf(path)]];
      const itemPath = (n: number) => join(path, encodeURIComponent(itemId(n)));
      if (step.kind === 'each')
        return also(step.actions.flatMap((_, n) => (done(itemPath(n)) ? [] : [[titleOf(itemPath(n))]])));
      if (step.kind === 'call') return also(needed(step.callee.steps, path));
      if (step.kind !== 'eachCall') return [[titleOf(path)]];
      return also(
        Array.from({ length: step.count }, (_, n) => itemPath(n)).flatMap((its) => {
          if (done(its)) return [];
          const inner = entered.has(its) ? needed(step.callee.steps, its) : [];
          return inner.length === 0 ? [[titleOf(its)]] : inner.map((titles) => [titleOf(its), ...titles]);
        }),
      );
    });
  // Where the record failed, it does not say how far a step has come; the first one may be done, and not on record.
  const roughly = () =>
    tree.steps
      .flatMap((step, n) => (isGroup(step) || done(`s${n}`) ? [] : [[titleOf(`s${n}`), ...within(`s${n}`)]]))
      .slice(1);
  // A dry run ends the planning of a branch, and says on what it depends.
  if (run.events.some(({ type }) => type === 'step.depends')) return;
  for (const oneOf of run.failedAt === undefined ? needed(tree.steps, '') : roughly())
    must(
      oneOf.some((title) => undone.includes(title)),
      () => `${oneOf.at(-1)} is not done, but undone is [${undone.join()}]`,
    );
  // A step whose result could not be recorded counts as not done.
  if (run.failedAt === undefined) nothingDoneIsUndone(undone, places, done);
};

const isGroup = ({ kind }: Tree): boolean => kind === 'decision' || kind === 'parallel';

/** A title is listed as often as there are steps with it that are not done, at most. */
export const nothingDoneIsUndone = (
  undone: readonly string[],
  places: Places,
  done: (path: string) => boolean,
): void => {
  const open = new Map<string, number>();
  for (const { path, title } of places.values()) if (!done(path)) open.set(title, (open.get(title) ?? 0) + 1);
  for (const title of undone) {
    const left = open.get(title) ?? 0;
    must(left > 0, () => `${title} is done, or listed twice: undone is [${undone.join()}]`);
    open.set(title, left - 1);
  }
};
