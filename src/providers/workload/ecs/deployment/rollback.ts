import * as z from 'zod/mini';
import type { Change } from '../../../../engine/change.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import { hasCode } from '../../../../clients/aws/failure.ts';
import { operation } from '../../shared/operation.ts';
import type { Call, Operation } from '../../port.ts';
import { followDeployment } from '../rollout/follow-deployment.ts';
import { noted, Noted } from '../tasks/noted.ts';
import { namedRevision, previousOf } from './previous.ts';
import { acceptedDeployment, raisesOf, rollingRule, presentDeployment } from './restart.ts';
import { primaryOf } from '../tasks/seen.ts';
import { sendDeployment } from './send-deployment.ts';
import type { EcsService } from '../service.ts';
import { requireOwnDeployments } from '../service.ts';
import { difference } from '../tasks/task-definition-difference.ts';
import type { TaskDefinitions } from '../tasks/task-definition.ts';
import { versionOf } from '../tasks/task-definition.ts';
import { counted } from '../../../../words/counts.ts';

const RollbackData = z.object({
  /** `family:revision`. */
  to: z.string(),
  /** As the tasks show it. */
  fromVersion: z.string(),
  toVersion: z.string(),
  noted: Noted,
});
type RollbackData = z.output<typeof RollbackData>;

interface RollbackInput {
  readonly revision?: string;
}

/** A deployment of the task definition that the service ran before, or of the named one. */
export const rollbackOperation = (service: EcsService, definitions: TaskDefinitions): Operation<RollbackInput> =>
  operation({
    change: RollbackData,
    plan: (input, call, interrupted) => planRollback(service, definitions, input, call, interrupted),
    apply: ({ data }, call) => sendDeployment(service, data.noted, { taskDefinition: data.to }, call),
    verify: ({ data: { to, fromVersion, toVersion, noted: notes } }, call, id) =>
      followDeployment(service, call, {
        notes,
        id,
        what: 'rollback',
        done: (mine, seen) =>
          mine.taskDefinition === to
            ? {
                verdict: 'ok',
                summary: `all ${counted(seen.desired, 'task')} back on version ${toVersion}: deployment ${mine.id} (${to}) is complete`,
              }
            : {
                verdict: 'critical',
                summary: `not rolled back: deployment ${mine.id} is of ${mine.taskDefinition} and not of ${to}`,
              },
        notDone: () => `not rolled back: still version ${fromVersion}`,
      }),
    accepted: ({ data }, call, id) => acceptedDeployment(service, data.noted, id, call),
  });

const planRollback = async (
  service: EcsService,
  definitions: TaskDefinitions,
  { revision }: RollbackInput,
  call: Call,
  interrupted?: Change<RollbackData>,
): Promise<Change<RollbackData>> => {
  const seen = await service.look(call, 'plan');
  requireOwnDeployments(seen, 'roll it back');
  const earlier = interrupted?.data.to;
  const previous =
    earlier === undefined
      ? revision === undefined
        ? await previousOf(service, seen, call)
        : namedRevision(revision, seen)
      : { taskDefinition: earlier, because: 'what the interrupted session was going back to' };
  const [from, to] = await Promise.all([
    definitions(seen.taskDefinition, call),
    definitions(previous.taskDefinition, call).catch((error: unknown) => {
      throw hasCode(error, 'ClientException', 'InvalidParameterException')
        ? new RunbookError('usage', `there is no task definition ${previous.taskDefinition}`, {
            next: [`aws ecs list-task-definitions --family-prefix ${seen.taskDefinition.split(':')[0]}`],
          })
        : error;
    }),
  ]);
  if (to.status !== undefined && to.status !== 'ACTIVE')
    throw new RunbookError(
      'refused',
      `${previous.taskDefinition} was deregistered (${to.status}): ECS starts no tasks of it`,
      {
        next: ['register it again, or: rb restart undo --to-revision <number>'],
      },
    );
  const lines = difference(from, to);
  if (previous.taskDefinition === seen.taskDefinition || lines.length === 0)
    throw new RunbookError(
      'refused',
      previous.taskDefinition === seen.taskDefinition
        ? `${service.config.service} runs ${seen.taskDefinition} already`
        : `${previous.taskDefinition} is the same as ${seen.taskDefinition}, which runs now: there is nothing to go back to`,
      { next: ['rb restart undo --to-revision <number>', 'rb restart --rolling   (the same version again)'] },
    );
  const raises = raisesOf(seen);
  const primary = primaryOf(seen);
  const [fromVersion, toVersion] = [versionOf(from, seen), versionOf(to, seen)];
  return {
    summary: `roll ${service.config.service} back from version ${fromVersion} (${seen.taskDefinition}) to ${toVersion} (${previous.taskDefinition})`,
    target: service.target(seen),
    blastRadius: [
      rollingRule(seen),
      ...presentDeployment(primary),
      ...(previous.because === undefined ? [] : [`${previous.taskDefinition}: ${previous.because}`]),
    ],
    equivalent: [service.command('update-service', '--task-definition', previous.taskDefinition)],
    difference: lines,
    undo: service.command('update-service', '--task-definition', seen.taskDefinition),
    ...(raises.length === 0 ? {} : { raises }),
    basis: { deployment: primary?.id ?? null, from: seen.taskDefinition, to: previous.taskDefinition },
    affects: ['deployment', 'taskDefinition', 'from'],
    data: { to: previous.taskDefinition, fromVersion, toVersion, noted: noted(seen, call.clock.now()) },
  };
};
