import type { Task } from '@aws-sdk/client-ecs';
import { RunbookError } from '../../../../engine/errors.ts';
import { poll } from '../../../../engine/poll.ts';
import { age, instancesTable } from '../../shared/instances-table.ts';
import type { Call } from '../../port.ts';
import { taskId, toInstance } from '../tasks/instances.ts';
import type { EcsService } from '../service.ts';
import { allTasks } from '../tasks/tasks.ts';
import { listing } from '../../../../words/listing.ts';
import { counted } from '../../../../words/counts.ts';

const pauseMs = 5000;
const named = 5;

/** Waits until no task is left, whatever state it is in on its way out, for as long as configured. */
export const drain = async (service: EcsService, expected: readonly string[], call: Call): Promise<void> => {
  const { drainMs } = service.config;
  const { clock, signal } = call;
  const began = clock.monotonic();
  const passedMs = () => clock.monotonic() - began;
  let found: Awaited<ReturnType<typeof tasksUnlessBlind>>;
  let shown = '';

  const allGone = async (): Promise<true | undefined> => {
    found = await tasksUnlessBlind(service, call);
    if (!found) return undefined;
    const instances = found.present.map((task) => toInstance(task, { servingContainer: undefined }));
    const key = JSON.stringify(instances);
    if (key !== shown) call.report({ table: instancesTable(instances, clock.now()) });
    shown = key;
    const isOver = instances.length === 0 && (seenToStop(found.stopped, expected) || passedMs() >= pauseMs);
    return isOver || undefined;
  };

  if (await poll({ everyMs: pauseMs, forMs: drainMs, clock, signal }, allGone)) {
    call.report({ note: `all stopped after ${age(passedMs())}` });
    return;
  }
  const left = found
    ? `${counted(found.present.length, 'task')} (${listing(found.present.slice(0, named).map(taskId))}) still running`
    : 'the tasks cannot be listed';
  call.report({ note: `${left} after ${age(passedMs())} of draining: starting all the same` });
};

/** A list that is behind may not show a task that is still there: one that was seen is only gone when it is seen to be. */
const seenToStop = (stopped: readonly Task[], expected: readonly string[]): boolean => {
  const gone = new Set(stopped.map(taskId));
  return expected.every((id) => gone.has(id));
};

/** A list that cannot be had for a moment does not end the drain. */
const tasksUnlessBlind = async (service: EcsService, call: Call) => {
  try {
    return await allTasks(service, call);
  } catch (error) {
    call.signal.throwIfAborted();
    if (error instanceof RunbookError && error.kind === 'unreachable') return undefined;
    throw error;
  }
};
