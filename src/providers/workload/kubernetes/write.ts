import type { Change } from '../../../engine/change.ts';
import { RunbookError } from '../../../engine/errors.ts';
import type { Json } from '../../../engine/json.ts';
import { isStatus } from '../../kubernetes/failure.ts';
import type { PatchType } from '../../kubernetes/port.ts';
import type { Call } from '../port.ts';
import { changedSince } from './basis.ts';
import type { WorkloadObject } from './objects.ts';
import type { Service } from './service.ts';
import type { Snapshot } from './snapshot.ts';

/** Which version of the object a write is for: another one is a conflict. */
export interface Version {
  readonly uid: string;
  readonly resourceVersion: string;
}

export interface PlannedWrite {
  readonly type: PatchType;
  readonly body: (version: Version) => Json;
  /** The version that the plan was made from. */
  readonly version: Version;
  /** Is the change there? Asked where the answer to the write was lost. */
  readonly isDone: (now: Snapshot) => boolean;
}

/** While pods come and go the status is written several times a second. */
const attempts = 10;
const lookAgainMs = [0, 500, 1500, 3000];

/**
 * Writes as planned. Where the object has a newer version because its status has moved, the newer version is taken; where
 * somebody else has decided something, nothing is written.
 * Errors: `refused` with what has changed; `unknown` where the answer was lost and the cluster cannot be seen.
 */
export const writeAsPlanned = async (
  service: Service,
  change: Change,
  write: PlannedWrite,
  call: Call,
): Promise<Snapshot> => {
  let { version } = write;
  for (let attempt = 1; ; attempt++) {
    try {
      const body = write.body(version);
      const { signal } = call;
      const raw = await service.client.patch<WorkloadObject>(service.resource, service.config.name, body, {
        type: write.type,
        signal,
      });
      return service.snapshot(raw);
    } catch (error) {
      if (isStatus(error, 404)) throw gone(service);
      if (!isStatus(error, 409)) return await afterLostAnswer(service, write, call, error);
      if (attempt === attempts)
        throw new RunbookError('refused', `${service.target.name} changes faster than it can be written. ${notDone}`, {
          next: ['run the command again'],
          cause: error,
        });
    }
    const now = await service.read(call.signal).catch((error: unknown) => {
      throw isStatus(error, 404) ? gone(service) : error;
    });
    if (write.isDone(now)) return now;
    requireUnchanged(service, change, now);
    version = now;
  }
};

const notDone = 'It was not done.';

const gone = ({ target }: Service): RunbookError =>
  new RunbookError('refused', `${target.name} is gone: somebody deleted it. ${notDone}`, {
    next: ['rb restart status'],
  });

const requireUnchanged = (service: Service, change: Change, now: Snapshot): void => {
  const { name } = service.target;
  if (now.uid !== change.basis['uid'])
    throw new RunbookError('refused', `${name} was deleted and made anew by somebody else. ${notDone}`, {
      next: ['run the command again and look at the new plan'],
    });
  const changes = changedSince(change, service.plannedFrom(change), now);
  if (changes.length === 0) return;
  throw new RunbookError(
    'refused',
    [
      `Somebody else has changed ${name} since the plan. ${notDone} What changed:`,
      ...changes.map((line) => `  ${line}`),
    ].join('\n'),
    { next: ['run the command again and look at the new plan'] },
  );
};

/** No answer to a write does not say that it was not made: the object does. */
const afterLostAnswer = async (
  service: Service,
  { isDone }: PlannedWrite,
  call: Call,
  error: unknown,
): Promise<Snapshot> => {
  if (call.signal.aborted || !(error instanceof RunbookError) || error.kind !== 'unknown') throw error;
  for (const ms of lookAgainMs) {
    await call.clock.sleep(ms, call.signal);
    const now = await service.read(call.signal).catch(() => undefined);
    if (now && isDone(now)) return now;
  }
  // Not there so far; the request may still be on its way.
  throw error;
};
