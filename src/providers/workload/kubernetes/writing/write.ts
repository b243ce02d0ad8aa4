import type { Change } from '../../../../engine/change.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import type { Json } from '../../../../engine/json.ts';
import { poll } from '../../../../engine/poll.ts';
import { isStatus } from '../../../../clients/kubernetes/failure.ts';
import type { PatchType } from '../../../../clients/kubernetes/port.ts';
import type { Call } from '../../port.ts';
import { createdAgain } from '../objects/describe.ts';
import type { WorkloadObject } from '../objects/objects.ts';
import type { Service } from '../service.ts';
import type { Snapshot } from '../objects/snapshot.ts';

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

/**
 * The server does everything but keep the change: a missing right, and what an admission webhook refuses, are found before anyone is asked.
 * A webhook that cannot be rehearsed with has no say yet.
 */
export const rehearse = async (
  service: Service,
  type: PatchType,
  body: Json,
  { signal }: Pick<Call, 'signal'>,
): Promise<void> => {
  try {
    await service.client.patch(service.resource, service.config.name, body, { type, dryRun: true, signal });
  } catch (error) {
    if (!isStatus(error, 400) || !/dry.?run/i.test(error.message)) service.notThere(error);
  }
};

/** While pods come and go the status is written several times a second. */
const attempts = 10;
/** At once, then after pauses of 0.5, 1, 2 and 4 s. */
const lookAgain = { everyMs: (looks: number) => 250 * 2 ** looks, forMs: 8000 };

/**
 * Writes as planned. Where the object has a newer version because its count or its status has moved, that version is used; where
 * anything that the plan depends on has changed, nothing is written.
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
        throw new RunbookError('refused', `${service.target.name} changes faster than it can be written`, {
          next: ['run the command again'],
          cause: error,
        });
    }
    const now = await service.read(call.signal).catch((error: unknown) => {
      throw isStatus(error, 404) ? gone(service) : error;
    });
    if (write.isDone(now)) return now;
    await requireUnchanged(service, change, now, call);
    version = now;
  }
};

const gone = ({ target }: Service): RunbookError =>
  new RunbookError('refused', `${target.name} is gone: it was deleted`, { next: ['rb restart status'] });

const requireUnchanged = async (service: Service, change: Change, now: Snapshot, call: Call): Promise<void> => {
  const { name } = service.target;
  const next = ['run the command again and look at the new plan'];
  if (now.uid !== change.basis['uid']) throw new RunbookError('refused', createdAgain(service), { next });
  if (now.deleting) throw gone(service);
  const { changedSince } = await import('../revisions/changed-since.ts');
  const changes = await changedSince(service, change, now, call);
  if (changes.length === 0) return;
  throw new RunbookError(
    'refused',
    [`Another process has changed ${name} since the plan:`, ...changes.map((line) => `  ${line}`)].join('\n'),
    { next },
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
  const done = await poll({ ...lookAgain, clock: call.clock, signal: call.signal }, async () => {
    const now = await service.read(call.signal).catch(() => undefined);
    return now && isDone(now) ? now : undefined;
  });
  // Not there so far; the request may still be on its way.
  if (!done) throw error;
  return done;
};
