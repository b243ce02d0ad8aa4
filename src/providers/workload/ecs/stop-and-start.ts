import type { Change } from '../../../engine/change.ts';
import { messageOf, RunbookError } from '../../../engine/errors.ts';
import type { Finding } from '../../../engine/finding.ts';
import type { Call, Workload } from '../port.ts';
import { awaitCount } from './await-count.ts';
import type { Serving } from './await-count.ts';
import { drain } from './drain.ts';
import { taskId } from './instances.ts';
import { notedIn, openAnswers } from './noted.ts';
import { allHeld, sameHold } from './scalable-target.ts';
import type { Held, ScalableTarget } from './scalable-target.ts';
import { countAppearsWithinMs, setCount } from './scale.ts';
import type { EcsService } from './service.ts';
import { planStopAndStart, stopDataOf } from './stop-and-start-plan.ts';
import type { StopData } from './stop-and-start-plan.ts';
import { removeTag, writeTag } from './tag.ts';
import { allTasks } from './tasks.ts';
import { counted } from './words.ts';

/** Holds the autoscaler, stops every task, waits for the drain, and starts as many again and gives the autoscaler back whatever happened in between. */
export const stopAndStartOperation = (
  service: EcsService,
  scalable: ScalableTarget,
  serving: Serving,
): Workload['stopAndStart'] => {
  const finished = openAnswers<true>();
  return {
    plan: (_, call, interrupted) => planStopAndStart(service, scalable, call, interrupted),
    apply: async (change, call) => {
      const data = stopDataOf(change);
      call.signal.throwIfAborted();
      const problem = data.onlyStart
        ? await endDrain(service, data, change, call)
        : await stopEverything(service, scalable, change, data, call);
      if (problem) call.report({ note: `stopping did not end well: starting the ${counted(data.to)} again` });
      await startAgain(service, scalable, change, data, call);
      if (problem) throw startedAgain(problem.error, call);
      finished.keep(change, call, true);
    },
    verify: (change, call) => verifyStart(service, scalable, serving, change, finished.of(change, call) === true, call),
  };
};

/** Returns what went wrong, where something did; tasks may be stopped then all the same. Throws only when nothing was done. */
const stopEverything = async (
  service: EcsService,
  scalable: ScalableTarget,
  change: Change,
  { to, scaling, tasks }: StopData,
  call: Call,
): Promise<{ readonly error: unknown } | undefined> => {
  const { desired } = await service.look(call, 'new');
  if (desired !== change.basis['desired'])
    throw new RunbookError(
      'refused',
      `${service.config.service} has a desired count of ${desired} now: somebody or something else changed it. Nothing was stopped.`,
      { next: ['rb restart status'] },
    );
  if (scaling) await hold(scalable, scaling.held, call);
  try {
    await writeTag(service, String(change.target['service']), { to, scaling }, call);
    await setCount(service, 0, call);
    await drain(service, tasks, call);
    return undefined;
  } catch (error) {
    return { error };
  }
};

/** What the interrupted session told to stop may still be on its way out. */
const endDrain = async (
  service: EcsService,
  { tasks }: StopData,
  change: Change,
  call: Call,
): Promise<{ readonly error: unknown } | undefined> => {
  if (change.basis['desired'] !== 0) return undefined;
  try {
    await drain(service, tasks, call);
    return undefined;
  } catch (error) {
    return { error };
  }
};

/** Where no answer comes it may be held all the same: it is given back, and nothing is stopped. */
const hold = async (scalable: ScalableTarget, before: Held, call: Call): Promise<void> => {
  try {
    await scalable.hold(allHeld, call);
    call.report({ note: 'Application Auto Scaling is suspended' });
  } catch (error) {
    const mayBeHeld = call.signal.aborted || (error instanceof RunbookError && error.kind === 'unknown');
    if (mayBeHeld) await scalable.hold(before, unstoppable(call));
    throw error;
  }
};

/** Also when the step was told to stop: a service that is left stopped is worse than a late answer to Ctrl-C. */
const startAgain = async (
  service: EcsService,
  scalable: ScalableTarget,
  change: Change,
  { to, scaling }: StopData,
  call: Call,
): Promise<void> => {
  const going = unstoppable(call);
  const failures: string[] = [];
  const next: string[] = [];
  try {
    await setCount(service, to, going);
  } catch (error) {
    failures.push(`the tasks were stopped and could not be started again: ${messageOf(error)}`);
    next.push(`start them by hand: ${service.command('update-service', '--desired-count', String(to))}`);
  }
  try {
    if (scaling) {
      await scalable.hold(scaling.held, going);
      call.report({ note: 'Application Auto Scaling is as it was' });
    }
  } catch (error) {
    failures.push(`Application Auto Scaling is still suspended: ${messageOf(error)}`);
    if (scaling) next.push(`give it back by hand: ${scalable.command(...scalable.holding(scaling.held))}`);
  }
  if (failures.length > 0) throw new RunbookError('failed', failures.join('. '), { next });
  await removeTag(service, String(change.target['service']), going);
};

const unstoppable = ({ clock, mark, report }: Call): Call => ({
  clock,
  mark,
  report,
  signal: new AbortController().signal,
});

const startedAgain = (error: unknown, call: Call): RunbookError => {
  const kind =
    error instanceof RunbookError && !call.signal.aborted ? error.kind : call.signal.aborted ? 'unknown' : 'failed';
  const why = call.signal.aborted ? 'interrupted while the tasks were stopped' : messageOf(error);
  return new RunbookError(kind, `${why}; the tasks were started again`, { next: ['rb restart status'], cause: error });
};

const verifyStart = async (
  service: EcsService,
  scalable: ScalableTarget,
  serving: Serving,
  change: Change,
  finished: boolean,
  call: Call,
): Promise<Finding> => {
  const { to, scaling, tasks } = stopDataOf(change);
  if (scaling) {
    const now = await scalable.find(call);
    if (now && !sameHold(now.held, scaling.held))
      return { verdict: 'critical', summary: 'Application Auto Scaling is not as it was: it is still suspended' };
  }
  if (!finished) {
    // Another process stopped in the middle: whether it got as far as stopping them is seen from the tasks that were there.
    const seen = await service.look(call, 'new');
    if (seen.desired === 0) return { verdict: 'critical', summary: `stopped: the desired count is 0 and not ${to}` };
    const left = await oldOnes(service, tasks, call);
    if (left.length > 0 && left.length === tasks.length)
      return { verdict: 'critical', summary: `the ${counted(left.length)} did not stop and still run as before` };
  }
  return awaitCount(
    service,
    serving,
    {
      to,
      desiredWithinMs: finished ? countAppearsWithinMs : 0,
      notDone: (desired) => `the desired count is ${desired} and not ${to}`,
      done: (what) => `stopped and started: ${what}`,
      eventsSince: notedIn(change).events,
      old: tasks,
    },
    call,
  );
};

const oldOnes = async (service: EcsService, tasks: readonly string[], call: Call): Promise<readonly string[]> => {
  const { present } = await allTasks(service, call);
  return present
    .filter((task) => task.desiredStatus !== 'STOPPED')
    .map(taskId)
    .filter((id) => tasks.includes(id));
};
