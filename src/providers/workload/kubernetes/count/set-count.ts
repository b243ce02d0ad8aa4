import { RunbookError } from '../../../../engine/errors.ts';
import type { Ask, Write } from '../../../../clients/kubernetes/port.ts';
import type { Call } from '../../port.ts';
import { optimistically } from '../writing/optimistic.ts';
import type { Service } from '../service.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import { counted } from '../../../../words/counts.ts';

/** What must still be so when the count is set. */
export interface Precondition {
  readonly uid: string;
  readonly replicas: number;
}

/**
 * Sets the count through the scale subresource, if it is still the one it was planned with.
 * Errors: `refused`, with both numbers, where it is not.
 */
export const setCount = (
  service: Service,
  to: number,
  precondition: Precondition,
  call: Pick<Call, 'signal' | 'clock'>,
): Promise<void> =>
  optimistically(call, async (mayBeDone) => {
    const before = await service.read(call.signal);
    if (mayBeDone && before.uid === precondition.uid && before.replicas === to) return;
    requireSame(service, before, precondition);
    await patchScale(service, to, { signal: call.signal }, before.resourceVersion);
  });

/** The server checks the right to do it and the admission rules, and stores nothing. */
export const trySetCount = (service: Service, to: number, signal: AbortSignal): Promise<unknown> =>
  patchScale(service, to, { signal, dryRun: true });

const patchScale = (service: Service, to: number, ask: Ask & Write, resourceVersion?: string): Promise<unknown> =>
  service.client.patch(
    service.resource,
    service.config.name,
    { ...(resourceVersion === undefined ? {} : { metadata: { resourceVersion } }), spec: { replicas: to } },
    { ...ask, type: 'merge', subresource: 'scale' },
  );

const requireSame = ({ config, target }: Service, now: Snapshot, { uid, replicas }: Precondition): void => {
  if (now.uid !== uid)
    throw new RunbookError('refused', `${target.name} was deleted and created again since the plan`, {
      next: ['rb restart status'],
    });
  if (now.replicas === replicas) return;
  throw new RunbookError(
    'refused',
    `${config.service} has ${counted(now.replicas, 'instance')} now, not ${replicas}: another process changed it`,
    { next: ['rb scale status'] },
  );
};
