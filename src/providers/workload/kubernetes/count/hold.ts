import * as z from 'zod/mini';
import { anyJson } from '../../../../engine/any-json.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import { poll } from '../../../../engine/poll.ts';
import { shown } from '../../../../clients/process/shown.ts';
import type { Call } from '../../port.ts';
import type { AutoscalerKind, AutoscalerManifest, Patch } from './autoscaler-kind.ts';
import { type FoundAutoscaler, foundAutoscaler, scales } from './find-autoscaler.ts';
import { hpaKind } from './hpa.ts';
import { kedaKind, saysPaused } from './keda.ts';
import { optimistically } from '../writing/optimistic.ts';
import type { Service } from '../service.ts';

/** An autoscaler as it was before it was held. It is kept in the audit log and on the object: enough to give it back exactly. */
export const Held = z.object({
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  /** For people: a hold does not touch them. */
  min: z.number(),
  max: z.number(),
  /** The fields that the hold changes. */
  before: z.record(z.string(), anyJson),
});
export type Held = z.output<typeof Held>;

const kinds: readonly AutoscalerKind<AutoscalerManifest>[] = [hpaKind, kedaKind];

export const heldTitle = ({ kind, name }: Held): string => `${kind} ${name}`;

/** What there is to hold; null where nothing acts. */
export const heldOf = (found: FoundAutoscaler | undefined): Held | null =>
  found?.inactive === undefined && found
    ? {
        kind: found.kind.kind,
        name: found.name,
        uid: found.uid,
        min: found.min,
        max: found.max,
        before: found.kind.heldFields(found.manifest),
      }
    : null;

const kindOf = ({ kind }: Held): AutoscalerKind<AutoscalerManifest> => {
  const found = kinds.find((one) => one.kind === kind);
  if (found) return found;
  throw new RunbookError('failed', `no autoscaler of the kind ${kind} is known`);
};

/** A record from the object may name any autoscaler of the namespace: only the workload's own is ever touched. */
const read = async (service: Service, held: Held, signal: AbortSignal): Promise<FoundAutoscaler | undefined> => {
  const kind = kindOf(held);
  const manifest = await service.client.find<AutoscalerManifest>(kind.resource, held.name, { signal });
  const isIt = manifest?.metadata.uid === held.uid && scales(manifest, service);
  return isIt ? foundAutoscaler(kind, manifest) : undefined;
};

/** Is it still held? False also where it is gone, or another one of the same name. */
export const isHeld = async (service: Service, held: Held, signal: AbortSignal): Promise<boolean> => {
  const found = await read(service, held, signal);
  return found !== undefined && found.kind.isHeld(found.manifest);
};

/** KEDA may take this long to say that it has paused. */
const untilPaused = { everyMs: 250, forMs: 5000 };

export const hold = async (service: Service, held: Held, call: Call): Promise<void> => {
  await change(service, held, call, (found) => (found.kind.isHeld(found.manifest) ? undefined : found.kind.hold));
  if (held.kind !== kedaKind.kind) return;
  const paused = await poll({ ...untilPaused, clock: call.clock, signal: call.signal }, async () => {
    const manifest = (await read(service, held, call.signal))?.manifest;
    // Without conditions no operator has ever looked at it: there is nothing to wait for.
    return !manifest?.status?.conditions || saysPaused(manifest) || undefined;
  });
  if (!paused)
    call.report({ note: `${heldTitle(held)} has not said within ${untilPaused.forMs / 1000} s that it is paused` });
};

/** The server checks the right to do it, and stores nothing. */
export const tryHold = async ({ client }: Service, held: Held, signal: AbortSignal): Promise<void> => {
  const kind = kindOf(held);
  await client.patch(kind.resource, held.name, kind.hold, { type: 'merge', signal, dryRun: true });
};

/** Puts back what the hold changed. One that is not held any more was given back by somebody else and stays as it is. */
export const release = (service: Service, held: Held, call: Pick<Call, 'signal' | 'clock'>): Promise<void> =>
  change(service, held, call, (found) =>
    found.kind.isHeld(found.manifest) ? found.kind.release(held.before) : undefined,
  );

const change = (
  service: Service,
  held: Held,
  call: Pick<Call, 'signal' | 'clock'>,
  patchFor: (found: FoundAutoscaler) => Patch | undefined,
): Promise<void> =>
  optimistically(call, async () => {
    const found = await read(service, held, call.signal);
    const patch = found && patchFor(found);
    if (!patch) return;
    const body = { ...patch, metadata: { ...patch.metadata, resourceVersion: found.resourceVersion } };
    await service.client.patch(found.kind.resource, found.name, body, { type: 'merge', signal: call.signal });
  });

/** The same as one would type it. */
export const holdCommands = (
  service: Service,
  held: Held | null,
): { readonly hold: string[]; readonly release: string[] } => {
  if (!held) return { hold: [], release: [] };
  const kind = kindOf(held);
  const command = (words: readonly string[]) => service.kubectl(shown(words));
  return {
    hold: [command(kind.holdCommand(held.name))],
    release: [command(kind.releaseCommand(held.name, held.before))],
  };
};
