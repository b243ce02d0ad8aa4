import type { Change } from '../../../../engine/change.ts';
import { messageOf, RunbookError } from '../../../../engine/errors.ts';
import type { AnyFinding } from '../../../../engine/finding.ts';
import { isDenied } from '../../../../clients/aws/failure.ts';
import { operation } from '../../shared/operation.ts';
import { mayPass, persistently } from '../../shared/persistently.ts';
import type { Call, NoInput, Operation } from '../../port.ts';
import { awaitCount } from '../count/await-count.ts';
import type { Serving } from '../count/await-count.ts';
import { drain } from './drain.ts';
import { taskId } from '../tasks/instances.ts';
import { allHeld, isHeld, sameHold } from '../count/scalable-target.ts';
import type { ScalableTarget, Scaling } from '../count/scalable-target.ts';
import { countAppearsWithinMs, setCount } from '../count/scale.ts';
import type { EcsService } from '../service.ts';
import { planStopAndStart, StopData } from './stop-and-start-plan.ts';
import { removeTag, writeTag } from './tag.ts';
import { allTasks } from '../tasks/tasks.ts';
import { counted } from '../../../../words/counts.ts';

/** What stopping ended with where it did not end well, and what has to be given back then. */
interface Problem {
  readonly error: unknown;
  readonly stopped: boolean;
  readonly held: boolean;
}

/**
 * Notes the numbers on the service, holds the autoscaler, stops every task, waits for the drain, starts as many again and gives the autoscaler
 * back, whatever happened in between.
 */
export const stopAndStartOperation = (
  service: EcsService,
  scalable: ScalableTarget,
  serving: Serving,
): Operation<NoInput> =>
  operation({
    change: StopData,
    plan: (_, call, interrupted) => planStopAndStart(service, scalable, call, interrupted),
    apply: async (change, call) => {
      const { to, onlyStart } = change.data;
      call.signal.throwIfAborted();
      const problem = onlyStart
        ? await endDrain(service, change, call)
        : await stopEverything(service, scalable, change, call);
      if (problem?.stopped)
        call.report({ note: `stopping did not end well: starting the ${counted(to, 'task')} again` });
      await giveBack(service, scalable, change, problem ?? { stopped: true, held: true }, call);
      if (problem) throw givenBack(problem, call);
      return true;
    },
    verify: ({ data }, call, finished = false) => verifyStart(service, scalable, serving, data, finished, call),
  });

/** Throws only while nothing was taken away. */
const stopEverything = async (
  service: EcsService,
  scalable: ScalableTarget,
  change: Change<StopData>,
  call: Call,
): Promise<Problem | undefined> => {
  const { to, scaling, tasks } = change.data;
  const { desired } = await service.look(call, 'new');
  if (desired !== change.basis['desired'])
    throw new RunbookError(
      'refused',
      `${service.config.service} has a desired count of ${desired} now: something else changed it.`,
      { next: ['rb restart status'] },
    );
  await writeTag(service, arnOf(change), { to, scaling }, call);
  let [stopped, held] = [false, false];
  try {
    if (scaling) {
      // Where no answer comes it may be held all the same.
      await scalable.hold(allHeld, call).catch((error: unknown) => {
        held = call.signal.aborted || (error instanceof RunbookError && error.kind === 'unknown');
        throw error;
      });
      held = true;
      call.report({ note: 'Application Auto Scaling is suspended' });
    }
    stopped = true;
    await setCount(service, 0, call);
    await drain(service, tasks, call);
    return undefined;
  } catch (error) {
    return { error, stopped, held };
  }
};

const arnOf = ({ target }: Change): string => String(target['service']);

/** What the interrupted session told to stop may still be on its way out. */
const endDrain = async (
  service: EcsService,
  { basis, data }: Change<StopData>,
  call: Call,
): Promise<Problem | undefined> => {
  if (basis['desired'] !== 0) return undefined;
  try {
    await drain(service, data.tasks, call);
    return undefined;
  } catch (error) {
    return { error, stopped: true, held: true };
  }
};

/**
 * Also when the step was told to stop: a service that is left stopped is worse than a late answer to Ctrl-C. The numbers on the service stay
 * until everything is given back: the next emergency restart goes on from them.
 */
const giveBack = async (
  service: EcsService,
  scalable: ScalableTarget,
  change: Change<StopData>,
  { stopped, held }: Pick<Problem, 'stopped' | 'held'>,
  { clock, mark, report }: Call,
): Promise<void> => {
  const { to, scaling } = change.data;
  const call: Call = { clock, mark, report, signal: new AbortController().signal };
  const failures: { readonly what: string; readonly error: unknown; readonly byHand: string }[] = [];
  const attempt = async (work: () => Promise<unknown>, what: string, byHand: string): Promise<boolean> => {
    try {
      await persistently(call, work, passes);
      return true;
    } catch (error) {
      failures.push({ what, error, byHand });
      return false;
    }
  };
  if (stopped)
    await attempt(
      () => service.update({ desiredCount: to }, call),
      'the tasks were stopped and could not be started again',
      `start them by hand: ${service.command('update-service', '--desired-count', String(to))}`,
    );
  if (scaling && held) {
    const released = await attempt(
      () => release(scalable, scaling, call),
      'Application Auto Scaling is still suspended',
      `give it back by hand: ${scalable.command(...scalable.holding(scaling.held))}`,
    );
    if (released) call.report({ note: 'Application Auto Scaling is as it was' });
  }
  if (failures.length > 0)
    throw new RunbookError(
      failures.some(({ error }) => passes(error)) ? 'unknown' : 'failed',
      failures.map(({ what, error }) => `${what}: ${messageOf(error)}`).join('. '),
      { next: failures.map(({ byHand }) => byHand) },
    );
  await removeTag(service, arnOf(change), call);
};

/** One that somebody has taken away meanwhile is in nobody's way. */
const release = async (scalable: ScalableTarget, { held }: Scaling, call: Call): Promise<void> => {
  try {
    await scalable.hold(held, call);
  } catch (error) {
    if (passes(error) || (await scalable.find(call))) throw error;
  }
};

const passes = (error: unknown): boolean => mayPass(error) && !isDenied(error);

const givenBack = ({ error, stopped }: Problem, { signal }: Call): RunbookError => {
  const kind = signal.aborted ? 'unknown' : error instanceof RunbookError ? error.kind : 'failed';
  const why = signal.aborted ? 'interrupted' : messageOf(error);
  return new RunbookError(
    kind,
    stopped ? `${why} while the tasks were stopped; the tasks were started again` : `${why}; nothing was stopped`,
    { next: ['rb restart status'], cause: error },
  );
};

const verifyStart = async (
  service: EcsService,
  scalable: ScalableTarget,
  serving: Serving,
  { to, scaling, tasks, noted: notes }: StopData,
  finished: boolean,
  call: Call,
): Promise<AnyFinding> => {
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
      return {
        verdict: 'critical',
        summary: `the ${counted(left.length, 'task')} did not stop and still run as before`,
      };
  }
  return awaitCount(
    service,
    serving,
    {
      to,
      // Given back it acts at once: after a downtime there is often more to do than before.
      within: scaling && !isHeld(scaling) ? scaling : undefined,
      desiredWithinMs: finished ? countAppearsWithinMs : 0,
      notDone: (desired) => `the desired count is ${desired} and not ${to}`,
      done: (what) => `stopped and started: ${what}`,
      eventsSince: notes.events,
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
