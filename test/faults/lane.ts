import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox } from '../../sandbox/index.ts';
import { examine, examineEnd, isOpen, type Place } from './aftermath.ts';
import { earlier, shown, type Moment } from './moments.ts';
import { runRb, type Ended, type RbOptions } from './rb-process.ts';
import { look, notServing, touched, type Picture } from './stack.ts';

/** A command that is killed, how it is gone on with, and what must be true of the instances in the end. */
export interface Doomed {
  readonly command: readonly string[];
  readonly resume: readonly string[];
  /** What is wrong with the instances after the whole: restarted without need, or not at all. */
  readonly faults: (sandbox: Sandbox, before: Picture, now: Picture) => readonly string[];
}

/** One kill, what came before and after it, and what was wrong. */
export interface Killed {
  readonly moment: string;
  readonly place: Place;
  /** Where the resumption was killed too: where that kill fell. */
  readonly again?: Place;
  readonly faults: readonly string[];
}

export interface Lane {
  readonly sandbox: Sandbox;
  /** For the state of the runs. */
  readonly directory: string;
  readonly cache: string;
}

/** Carries out one kill after another until there are no moments left. `secondMoment`: when to kill the resumption as well, where it is to be. */
export const runLane = async (
  lane: Lane,
  doomed: Doomed,
  next: () => { readonly moment: Moment; readonly secondMoment?: Moment } | undefined,
  report: (killed: Killed) => void,
): Promise<void> => {
  const options = (name: string): RbOptions => ({
    config: lane.sandbox.configPath,
    state: join(lane.directory, name),
    cache: lane.cache,
  });
  let runs = 0;
  // The first fills the compile cache, the second says how long one takes.
  let lifeMs = 0;
  for (const name of ['first', 'second']) {
    const { killed: _, ...run } = await complete(lane.sandbox, doomed, options(name));
    if (run.faults.length > 0) throw new Error(`without any kill: ${run.faults.join('; ')}`);
    lifeMs = run.ms;
  }
  for (let wanted = next(); wanted; wanted = next()) {
    let { moment } = wanted;
    for (;;) {
      runs += 1;
      const here = options(String(runs));
      mkdirSync(here.state, { recursive: true });
      const before = await look(lane.sandbox);
      const run = await runRb(doomed.command, here, { moment, lifeMs });
      if (run.killed) {
        const killed = await aftermath(lane.sandbox, doomed, before, run, here, wanted.secondMoment);
        report({ moment: shown(moment), ...killed });
        // What went wrong is kept for whoever looks into it.
        if (killed.faults.length === 0) rmSync(here.state, { recursive: true });
        break;
      }
      // It was quicker than the ones before.
      lifeMs = run.ms;
      moment = earlier(moment);
    }
  }
};

/** A run that nobody kills, as the measure of the others. */
const complete = async (sandbox: Sandbox, doomed: Doomed, options: RbOptions) => {
  mkdirSync(options.state, { recursive: true });
  const before = await look(sandbox);
  const run = await runRb(doomed.command, options);
  const faults = [
    ...(run.exitCode === 0 ? [] : [`exit ${run.exitCode}: ${run.stderr}`]),
    ...(await examineEnd(sandbox, [run], options)),
    ...doomed.faults(sandbox, before, await look(sandbox)),
  ];
  return { ...run, faults };
};

const aftermath = async (
  sandbox: Sandbox,
  doomed: Doomed,
  before: Picture,
  run: Ended,
  options: RbOptions,
  secondMoment: Moment | undefined,
): Promise<Omit<Killed, 'moment'>> => {
  const first = await examine(run, [], sandbox, before, options);
  const { place } = first;
  if (first.faults.length > 0) return { place, faults: first.faults };
  if (!isOpen(first)) return { place, faults: await nothingToResume(sandbox, doomed, before, place, options) };
  const runs = [run];
  let again: Place | undefined;
  if (secondMoment) {
    const resumed = await runRb(doomed.resume, options, { moment: secondMoment, lifeMs: run.ms });
    const second = await examine(resumed, runs, sandbox, before, options);
    runs.push(resumed);
    if (second.faults.length > 0) return { place, again: second.place, faults: second.faults };
    if (resumed.killed) again = second.place;
    if (!isOpen(second)) return ended(sandbox, doomed, before, runs, options, { place, ...(again && { again }) });
  }
  const resumed = await runRb(doomed.resume, options);
  runs.push(resumed);
  const where = { place, ...(again && { again }) };
  if (resumed.exitCode !== 0)
    return {
      ...where,
      faults: [
        `rb ${doomed.resume.join(' ')}: exit ${resumed.exitCode}: ${resumed.stderr} ${JSON.stringify(resumed.told.at(-1))}`,
      ],
    };
  return ended(sandbox, doomed, before, runs, options, where);
};

const ended = async (
  sandbox: Sandbox,
  doomed: Doomed,
  before: Picture,
  runs: readonly Ended[],
  options: RbOptions,
  where: { readonly place: Place; readonly again?: Place },
): Promise<Omit<Killed, 'moment'>> => ({
  ...where,
  faults: [...(await examineEnd(sandbox, runs, options)), ...doomed.faults(sandbox, before, await look(sandbox))],
});

/** Killed before the session was on record: nothing was done, and `rb resume` says so. Killed after its end: all was done. */
const nothingToResume = async (
  sandbox: Sandbox,
  doomed: Doomed,
  before: Picture,
  place: Place,
  options: RbOptions,
): Promise<readonly string[]> => {
  const { exitCode, stderr } = await runRb(doomed.resume, options);
  const now = await look(sandbox);
  return [
    ...(exitCode === 2 ? [] : [`rb ${doomed.resume.join(' ')}: exit ${exitCode} with nothing to resume: ${stderr}`]),
    ...(place === 'after the session was closed'
      ? doomed.faults(sandbox, before, now)
      : touched(before, now).map((id) => `${id} was touched`)),
    ...(await notServing(sandbox)),
  ];
};
