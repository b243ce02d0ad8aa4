import type { UpdateServiceRequest } from '@aws-sdk/client-ecs';
import { RunbookError } from '../../../../engine/errors.ts';
import type { Call } from '../../port.ts';
import type { Noted } from '../tasks/noted.ts';
import type { EcsService } from '../service.ts';

/** Begins a deployment; returns its id, undefined where no answer came: `verify` then finds out whether there is one. */
export const sendDeployment = async (
  service: EcsService,
  before: Noted,
  update: Pick<UpdateServiceRequest, 'taskDefinition' | 'forceNewDeployment'>,
  call: Call,
): Promise<string | undefined> => {
  try {
    const answer = await service.update(update, call);
    return answer?.deployments.find(({ id, status }) => status === 'PRIMARY' && !before.deployments.includes(id))?.id;
  } catch (error) {
    call.signal.throwIfAborted();
    if (!(error instanceof RunbookError) || error.kind !== 'unknown') throw error;
    call.report({ note: `${error.message}; looking whether it was` });
    return undefined;
  }
};
