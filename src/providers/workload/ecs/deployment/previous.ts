import { RunbookError } from '../../../../engine/errors.ts';
import type { Call } from '../../port.ts';
import { lastPart } from '../tasks/seen.ts';
import type { Seen } from '../tasks/seen.ts';
import type { EcsService } from '../service.ts';

/** Which task definition to go back to, and how that is known. */
export interface Previous {
  readonly taskDefinition: string;
  /** Absent where it was named. */
  readonly because?: string;
}

const remembered = 50;

/** Named by the operator: `42`, `family:42` or an ARN. Errors: `usage`. */
export const namedRevision = (revision: string, seen: Seen): Previous => {
  const [family = ''] = seen.taskDefinition.split(':');
  const name = lastPart(revision.trim());
  const full = /^\d+$/.test(name) ? `${family}:${name}` : name;
  if (!/^[\w-]+:\d+$/.test(full))
    throw new RunbookError('usage', `${JSON.stringify(revision)} is no revision of a task definition`, {
      next: [`give its number, or family and number: ${seen.taskDefinition}`],
    });
  return { taskDefinition: full };
};

/**
 * The task definition that the service ran before the present one: what a deployment under way is replacing, else the last one that
 * was deployed with success, else the next lower revision of the family that is registered. Errors: `refused` where there is none.
 */
export const previousOf = async (service: EcsService, seen: Seen, call: Call): Promise<Previous> => {
  const replaced = seen.deployments.find(
    ({ status, taskDefinition, rollout }) =>
      status === 'ACTIVE' && rollout !== 'FAILED' && taskDefinition !== seen.taskDefinition,
  );
  if (replaced)
    return {
      taskDefinition: replaced.taskDefinition,
      because: `deployment ${replaced.id}, which is being replaced, runs it`,
    };
  const found = (await deployedBefore(service, seen, call)) ?? (await nextLower(service, seen, call));
  if (found) return found;
  throw new RunbookError(
    'refused',
    `nothing is known that ${service.config.service} ran before ${seen.taskDefinition}`,
    {
      next: [
        'rb restart undo --to-revision <number>',
        `aws ecs list-task-definitions --family-prefix ${familyOf(seen)}`,
      ],
    },
  );
};

/**
 * From ECS's record of the service's deployments, where that may be read. Errors: `refused` where ECS went back by itself: what
 * runs now is the version before already.
 */
const deployedBefore = async (service: EcsService, seen: Seen, call: Call): Promise<Previous | undefined> => {
  const api = await service.api();
  try {
    const records = await api.serviceDeployments(service.place, remembered, call);
    if (records[0]?.status === 'ROLLBACK_SUCCESSFUL') throw alreadyBack(seen);
    const successful = records.filter(({ status }) => status === 'SUCCESSFUL');
    const arns = [...new Set(successful.flatMap(({ targetServiceRevisionArn }) => targetServiceRevisionArn ?? []))];
    if (arns.length === 0) return undefined;
    const revisions = await api.serviceRevisions(arns, call);
    const definitionOf = new Map(
      revisions.map(({ serviceRevisionArn, taskDefinition }) => [serviceRevisionArn, lastPart(taskDefinition ?? '')]),
    );
    for (const { targetServiceRevisionArn, finishedAt } of successful) {
      const taskDefinition = definitionOf.get(targetServiceRevisionArn);
      if (taskDefinition === undefined || taskDefinition === '' || taskDefinition === seen.taskDefinition) continue;
      const when = finishedAt === undefined ? '' : ` (${finishedAt.toISOString()})`;
      return { taskDefinition, because: `the last one that was deployed with success before${when}` };
    }
    return undefined;
  } catch (error) {
    call.signal.throwIfAborted();
    if (!(error instanceof RunbookError) || error.kind === 'refused') throw error;
    return undefined;
  }
};

const alreadyBack = ({ taskDefinition }: Seen): RunbookError =>
  new RunbookError(
    'refused',
    `the last deployment failed, and ECS went back to ${taskDefinition} by itself: there is nothing to take back`,
    { next: ['rb restart status', 'rb restart undo --to-revision <number>   (further back)'] },
  );

const nextLower = async (service: EcsService, seen: Seen, call: Call): Promise<Previous | undefined> => {
  const number = Number(seen.taskDefinition.split(':')[1]);
  const family = familyOf(seen);
  const all = await (await service.api()).taskDefinitionsOf(family, 500, call);
  const lower = all
    .map(lastPart)
    .filter((name) => familyOf({ taskDefinition: name }) === family && Number(name.split(':')[1]) < number);
  return lower[0] === undefined
    ? undefined
    : {
        taskDefinition: lower[0],
        because: 'the revision before it in its family: ECS has no record of what the service ran before',
      };
};

const familyOf = ({ taskDefinition }: Pick<Seen, 'taskDefinition'>): string => taskDefinition.split(':')[0] ?? '';
