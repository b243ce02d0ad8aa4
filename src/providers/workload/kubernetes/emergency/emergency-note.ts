import * as z from 'zod/mini';
import { RunbookError } from '../../../../engine/errors.ts';
import type { JsonObject } from '../../../../engine/json.ts';
import type { Call } from '../../port.ts';
import { Held } from '../count/hold.ts';
import type { WorkloadObject } from '../objects/objects.ts';
import { optimistically } from '../writing/optimistic.ts';
import type { Service } from '../service.ts';
import type { Snapshot } from '../objects/snapshot.ts';

/**
 * Where an emergency restart notes on the object itself what it takes away, before it takes it away. A Deployment's controller copies
 * annotations to ReplicaSets and `kubectl rollout undo` copies them back: a note alone says nothing, see `isOpen`.
 */
export const noteAnnotation = 'runbook.rb/emergency-restart';

const EmergencyNote = z.object({
  /** A mark, `<session>/<step>`: it begins with the session's id, which is shown. */
  session: z.string().check(z.regex(/^[\w.:-]{1,64}(?:\/|$)/)),
  /** ISO 8601. */
  at: z.string().check(z.refine((at) => !Number.isNaN(Date.parse(at)))),
  replicas: z.int().check(z.gte(1)),
  autoscaler: z.catch(z.nullable(Held), null),
});
export type EmergencyNote = z.output<typeof EmergencyNote>;

/** Undefined where there is none that `rb` may have written: anyone who may change the object can write there what they like. */
export const noteOf = ({ annotations }: Snapshot): EmergencyNote | undefined => {
  try {
    return EmergencyNote.safeParse(JSON.parse(annotations[noteAnnotation] ?? 'null')).data;
  } catch {
    return undefined;
  }
};

/** Errors: `refused` where the object is not what the change was planned for. */
export const writeNote = (
  service: Service,
  note: EmergencyNote,
  planned: { readonly uid: string; readonly generation: number },
  call: Call,
): Promise<void> =>
  optimistically(call, async () => {
    const { uid, generation, resourceVersion } = await service.read(call.signal);
    if (uid !== planned.uid || generation !== planned.generation)
      throw new RunbookError(
        'refused',
        `${service.target.name} was changed since this was planned (generation ${generation}, not ${planned.generation})`,
        { next: ['run the command again and look at the new plan'] },
      );
    await patch(service, JSON.stringify(note), { resourceVersion }, { signal: call.signal });
  });

/** The server checks the right to do it, and stores nothing. */
export const tryNote = (service: Service, signal: AbortSignal): Promise<void> =>
  patch(service, '', {}, { signal, dryRun: true });

export const removeNote = async (service: Service, { signal }: Pick<Call, 'signal'>): Promise<void> => {
  await patch(service, null, {}, { signal });
};

const patch = async (
  { client, resource, config }: Service,
  note: string | null,
  metadata: JsonObject,
  ask: { readonly signal: AbortSignal; readonly dryRun?: boolean },
): Promise<void> => {
  const body = { metadata: { ...metadata, annotations: { [noteAnnotation]: note } } };
  await client.patch<WorkloadObject>(resource, config.name, body, { ...ask, type: 'merge' });
};
