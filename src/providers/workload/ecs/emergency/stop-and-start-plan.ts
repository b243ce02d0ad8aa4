import * as z from 'zod/mini';
import type { Change } from '../../../../engine/change.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import { age } from '../../shared/instances-table.ts';
import type { Call } from '../../port.ts';
import { taskId } from '../tasks/instances.ts';
import { noted, Noted } from '../tasks/noted.ts';
import { allHeld, isHeld, Scaling } from '../count/scalable-target.ts';
import type { ScalableTarget } from '../count/scalable-target.ts';
import { requireCountable } from '../count/scale.ts';
import type { EcsService } from '../service.ts';
import { readTag } from './tag.ts';
import { allTasks } from '../tasks/tasks.ts';
import { counted } from '../../../../words/counts.ts';

/** What has to come back. */
export const StopData = z.object({
  /** The desired count. */
  to: z.number(),
  /** How Application Auto Scaling was; null where the service is not registered. */
  scaling: z.nullable(Scaling),
  /** The tasks to be stopped. */
  tasks: z.array(z.string()),
  /** They are stopped already. */
  onlyStart: z.boolean(),
  noted: Noted,
});
export type StopData = z.output<typeof StopData>;

/** The numbers of an interrupted session come before those of now: what it took away must come back. Without its record the service's tag has them. */
export const planStopAndStart = async (
  service: EcsService,
  scalable: ScalableTarget,
  call: Call,
  interrupted?: Change<StopData>,
): Promise<Change<StopData>> => {
  const seen = await service.look(call, 'plan');
  requireCountable(seen);
  const [{ present }, scaling] = await Promise.all([allTasks(service, call), scalable.find(call)]);
  const leftStopped = seen.desired === 0;
  const left = !interrupted && (leftStopped || (scaling && isHeld(scaling))) ? await fromTag(service, call) : undefined;
  const earlier = interrupted ? interrupted.data : leftStopped ? left : undefined;
  const to = earlier?.to ?? seen.desired;
  if (to === 0)
    throw new RunbookError(
      'refused',
      `${service.config.service} has a desired count of 0: nothing to stop, and no number to go back to`,
      { next: ['rb scale to <n>'] },
    );
  const running = present.filter(({ desiredStatus }) => desiredStatus !== 'STOPPED').map(taskId);
  const old = earlier ? running.filter((id) => earlier.tasks.includes(id)) : running;
  // Old ones that are meant to run: the interrupted session did not get as far as stopping them.
  const onlyStart = earlier !== undefined && old.length === 0;
  // What an emergency restart has left suspended was not suspended before.
  const original = (earlier ?? left)?.scaling ?? (earlier ? null : (scaling ?? null));
  const back = original === null ? [] : [scalable.command(...scalable.holding(original.held))];
  const start = service.command('update-service', '--desired-count', String(to));
  const tasks = onlyStart ? (earlier?.tasks ?? []) : running;
  const places = counted(to, 'instance');
  const { max } = service.config.scaling ?? {};
  const isBeyond = leftStopped && left !== undefined && max !== undefined && to > max;
  return {
    summary: onlyStart
      ? `start the ${places} that the interrupted session stopped`
      : `stop all ${counted(Math.max(running.length, to), 'instance')}, wait for the drain, start ${to}`,
    target: service.target(seen),
    blastRadius: onlyStart
      ? [`${running.length} of ${places} running now`]
      : [
          `${seen.running} of ${places} running now; nothing is served until they are back`,
          `the drain takes up to ${age(service.config.drainMs)}`,
          ...(original === null ? [] : ['Application Auto Scaling is suspended meanwhile']),
          ...(left
            ? ['an earlier emergency restart left it suspended; it is given back as it was before that one']
            : []),
        ],
    equivalent: onlyStart
      ? [start, ...back]
      : [
          ...(original === null ? [] : [scalable.command(...scalable.holding(allHeld))]),
          service.command('update-service', '--desired-count', '0'),
          start,
          ...back,
        ],
    undo: onlyStart
      ? 'none needed'
      : 'none: what the tasks held in memory is gone; they are started again even if stopping fails',
    ...(isBeyond ? { raises: [`the tag of the service says ${places}, and the ceiling is ${max}`] } : {}),
    basis: { desired: seen.desired, to, scaling: original, onlyStart },
    ...(to === seen.desired ? {} : { affects: ['desired'] }),
    data: { to, scaling: original, tasks, onlyStart, noted: noted(seen, call.clock.now()) },
  };
};

const fromTag = async (
  service: EcsService,
  call: Call,
): Promise<Pick<StopData, 'to' | 'scaling' | 'tasks'> | undefined> => {
  const tag = await readTag(service, call);
  return tag && { ...tag, tasks: [] };
};
