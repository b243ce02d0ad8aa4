import { RunbookError } from '../../../../engine/errors.ts';
import { isStatus } from '../../../../clients/kubernetes/failure.ts';
import type { Kubernetes } from '../../../../clients/kubernetes/port.ts';
import type { Call } from '../../port.ts';
import type { Meta } from '../objects/objects.ts';
import { scheduleLabels, type SchedulePart, scheduleResources } from './schedule-objects.ts';
import type { Service } from '../service.ts';

/** What is read of each of the four. */
export interface PresentPart {
  readonly metadata: Meta;
  readonly spec?: CronJobSpec;
}

export interface CronJobSpec {
  readonly schedule?: string;
  readonly timeZone?: string;
  readonly suspend?: boolean;
  readonly jobTemplate?: {
    readonly spec?: {
      readonly template?: { readonly spec?: { readonly containers?: readonly { readonly image?: string }[] } };
    };
  };
}

/** Finds a part by its name. Errors: `refused` where one of that name was made by somebody else. */
export const findPart = async (
  service: Service,
  { resource, body }: SchedulePart,
  signal: AbortSignal,
): Promise<PresentPart | undefined> => {
  const { name } = body.metadata;
  const found = await service.client.find<PresentPart>(resource, name, { signal });
  if (!found || isOurs(service, found)) return found;
  throw new RunbookError('refused', `there is a ${body.kind} ${name} already, and rb did not make it`, {
    next: [service.kubectl('get', resource.plural, name, '-o', 'yaml')],
  });
};

const isOurs = (service: Service, { metadata }: PresentPart): boolean =>
  Object.entries(scheduleLabels(service)).every(([key, value]) => metadata.labels?.[key] === value);

/** Makes it, or makes what is there the same. */
export const putPart = async (
  service: Service,
  part: SchedulePart,
  { signal, dryRun }: Pick<Call, 'signal'> & { readonly dryRun?: boolean },
): Promise<void> => {
  const { resource, body } = part;
  const ask = { signal, ...(dryRun === undefined ? {} : { dryRun }) };
  if (!(await findPart(service, part, signal))) {
    try {
      await service.client.create(resource, body, ask);
      return;
    } catch (error) {
      // A dry run has made no Role that a RoleBinding could be about.
      if (dryRun && resource === scheduleResources.roleBinding && isStatus(error, 404)) return;
      if (!isStatus(error, 409)) throw error;
      await findPart(service, part, signal);
    }
  }
  await service.client.patch(resource, body.metadata.name, body, { ...ask, type: 'merge' });
};

/** Its Jobs and their pods go with it. One that is gone already is no error. */
export const removePart = async (
  client: Kubernetes,
  { resource, body }: SchedulePart,
  ask: { readonly signal: AbortSignal; readonly dryRun?: boolean },
): Promise<void> => {
  try {
    await client.remove(resource, body.metadata.name, { ...ask, propagation: 'Background' });
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
  }
};
