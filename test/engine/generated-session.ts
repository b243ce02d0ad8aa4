import type { Event } from '../../src/engine/session/events.ts';
import { isUnfinished, sessionFrom } from '../../src/engine/session/session-state.ts';
import type { SessionState } from '../../src/engine/session/session-state.ts';
import { calm, runGenerated } from './generated-run.ts';
import type { Circumstances, GeneratedRun } from './generated-run.ts';
import { generate } from './generated-steps.ts';
import type { Generated } from './generated-steps.ts';
import { isGood, must, nothingBeginsAfterTheStop } from './invariants.ts';
import { nothingDoneIsUndone } from './outcome-invariants.ts';
import { isUndo, placesOf } from './places.ts';
import type { Places } from './places.ts';
import {
  callsTakenBack,
  everyBegunUndoIsSettled,
  changesIn,
  hasFailed,
  nothingDoneRunsAgain,
  onlyEvidenceIsNotLookedAtAgain,
  theRecordIsTrue,
  whatWasLeftOpenIsSettledFirst,
} from './resume-invariants.ts';
import { mustKeepTheRules } from './rules.ts';
import type { ProcedureTree } from './tree.ts';
import { World } from './world.ts';

/** A session over several runs: its log, and the world that it changes. */
export interface Session {
  readonly generated: Generated;
  readonly places: Places;
  readonly log: readonly Event[];
  /** What the log says; undefined before the first run. */
  readonly history: SessionState | undefined;
  readonly world: World;
}
/** A session, and the last run of it. */
export interface Ran {
  /** As it was before that run, but for the world. */
  readonly before: Session;
  readonly run: GeneratedRun;
  readonly after: SessionState;
}

export const newSession = (tree: ProcedureTree): Session => {
  const generated = generate(tree);
  return { generated, places: placesOf(generated), log: [], history: undefined, world: new World() };
};

const withLog = (session: Session, log: readonly Event[]): Session => ({ ...session, log, history: sessionFrom(log) });

/** Runs a session, or goes on with it, and holds what it does against the rules. */
export const resume = async (session: Session, circumstances: Circumstances): Promise<Ran> => {
  const { generated, places, log, history, world } = session;
  generated.world = world;
  const run = await runGenerated(generated, circumstances, history);
  const observed = { places, entries: world.entries.slice(run.from), history };
  mustKeepTheRules(observed, log);
  if (run.stoppedAt !== undefined) nothingBeginsAfterTheStop(observed, run.stoppedAt - run.from);
  const after = sessionFrom([...log, ...run.events]);
  const { applied, undone } = run.end.outcome;
  const made = changesIn(after);
  must(applied === made, () => `${made} changes are on record, and outcome.applied is ${applied}`);
  const seenNow = new Set(run.events.flatMap((event) => (event.type === 'step.result' ? [event.step] : [])));
  // What only looks is to be looked at again.
  const stands = (path: string) => seenNow.has(path) || after.steps.get(path)?.intentAt !== undefined;
  nothingDoneIsUndone(undone, places, (path) => isGood(after.steps.get(path)?.result) && stands(path));
  if (history) {
    nothingDoneRunsAgain({ ...observed, history });
    whatWasLeftOpenIsSettledFirst({ ...observed, history });
    onlyEvidenceIsNotLookedAtAgain({ ...observed, history });
    if (circumstances.mood === 'healthy') everyBegunUndoIsSettled({ ...observed, history });
  }
  return { before: session, run, after };
};

/** The moments at which a run can be killed after so many of its records: as early as can be, and when the world has changed since. */
export const momentsAfter = ({ before: { world }, run }: Ran, records: number): readonly number[] => {
  let seen = 0;
  let changed = false;
  const moments: number[] = [];
  for (let at = run.from; at <= world.entries.length; at++) {
    if (seen === records && moments.length === 0) moments.push(at);
    const entry = world.entries[at];
    if (seen === records && entry?.is === 'effect') changed = true;
    if (entry === undefined || entry.is === 'record') {
      if (seen === records && changed) moments.push(at);
      if (seen++ === records) break;
    }
  }
  return moments;
};

/** What is left of a session that was killed at a moment of its last run, with so many records of that run on the disk. */
export const killed = ({ before, run }: Ran, records: number, moment: number): Session => ({
  ...withLog(before, [...before.log, ...fromDisk(run.events.slice(0, records))]),
  world: before.world.at(moment),
});

const onDisk = new WeakMap<Event, Event>();
const fromDisk = (events: readonly Event[]): readonly Event[] =>
  events.map((event) => {
    const copy = onDisk.get(event) ?? JSON.parse(JSON.stringify(event));
    onDisk.set(event, copy);
    return copy;
  });

/** How many records a power cut leaves for certain. */
export const durableIn = (events: readonly Event[]): number =>
  events.findLastIndex(({ type }) =>
    ['session.resumed', 'session.closed', 'call.opened', 'step.intent'].includes(type),
  ) + 1;

/** Resumes until nothing is left to do: what cannot be seen ends a run, and the next one asks. */
export const finish = async (session: Session): Promise<Ran> => {
  let present = session;
  for (let times = 0; ; times++) {
    // oxlint-disable-next-line no-await-in-loop -- one run after another
    const ran = await resume(present, calm);
    if (!isUnfinished(ran.after) || times > 30) return ran;
    present = withLog(present, [...present.log, ...fromDisk(ran.run.events)]);
  }
};

/** At its end a session is done, or it says truly why it can never be. */
export const mustHaveEndedWell = ({ before: { world }, run, after }: Ran): void => {
  const { status, undone, summary } = run.end.outcome;
  const say = () => `${status}: ${summary}; undone: ${undone.join()}`;
  theRecordIsTrue(after, world);
  for (const entry of world.entries)
    must(entry.is !== 'applied again without need', () => `${'step' in entry ? entry.step : ''} was applied twice`);
  if (status === 'done') return must(undone.length === 0, say);
  // A change that has failed is not tried again, nor a call that was taken back.
  const failed =
    callsTakenBack(after).length > 0 || [...after.steps].some(([path, step]) => !isUndo(path) && hasFailed(step));
  // What lacks the data that an intent rests on cannot go on.
  const blind = /could not be seen|has not run/.test(summary);
  // A change that nothing could verify is unseen, too.
  const found = status === 'unseen' || (changesIn(after) === 0 && status === 'critical');
  return must((status === 'failed' && failed) || (status === 'refused' && blind) || found, say);
};
