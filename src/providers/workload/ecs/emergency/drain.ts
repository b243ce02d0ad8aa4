import type { Task } from '@aws-sdk/client-ecs';
import { RunbookError } from '../../../../engine/errors.ts';
import { age, instancesTable } from '../../instances-table.ts';
import type { Call } from '../../port.ts';
import { taskId, toInstance } from '../instances.ts';
import type { EcsService } from '../service.ts';
import { allTasks } from '../tasks.ts';
import { counted, listing } from '../words.ts';

const pauseMs = 5000;
/** A list that is behind may not show a task that is still there: one that was seen is only gone when it is seen to be. */
const named = 5;

/** Waits until no task is left, whatever state it is in on its way out, for as long as configured. */
export const drain = async (service: EcsService, expected: readonly string[], call: Call): Promise<void> => {
  const began = call.clock.monotonic();
  let shown = '';
  for (;;) {
    const found = await tasksUnlessBlind(service, call);
    const ms = call.clock.monotonic() - began;
    if (found) {
      const instances = found.present.map((task) => toInstance(task, { servingContainer: undefined }));
      const key = JSON.stringify(instances);
      if (key !== shown) call.report({ table: instancesTable(instances, call.clock.now()) });
      shown = key;
    }
    if (found && found.present.length === 0 && (seenToStop(found.stopped, expected) || ms >= pauseMs)) {
      call.report({ note: `all stopped after ${age(ms)}` });
      return;
    }
    if (ms >= service.config.drainMs) {
      const left = found
        ? `${counted(found.present.length)} (${listing(found.present.slice(0, named).map(taskId))}) still running`
        : 'the tasks cannot be listed';
      call.report({ note: `${left} after ${age(ms)} of draining: starting all the same` });
      return;
    }
    await call.clock.sleep(Math.min(pauseMs, service.config.drainMs), call.signal);
  }
};

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
