import { RunbookError } from '../../../../engine/errors.ts';
import type { Json, JsonObject } from '../../../../engine/json.ts';
import { shown } from '../../../command/shown.ts';
import type { Call } from '../../port.ts';
import type { AutoscalerKind, AutoscalerManifest } from './autoscaler-kind.ts';
import { type FoundAutoscaler, foundAutoscaler, scales } from './find-autoscaler.ts';
import { hpaKind } from './hpa.ts';
import { kedaKind, saysPaused } from './keda.ts';
import { optimistically } from '../optimistic.ts';
import type { Service } from '../service.ts';

/** An autoscaler as it was before it was held. It is kept in the audit log and on the object: enough to give it back exactly. */
export interface Held extends JsonObject {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  /** For people: a hold does not touch them. */
  readonly min: number;
  readonly max: number;
  /** The fields that the hold changes. */
  readonly before: JsonObject;
}

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

export const isHeldRecord = (value: Json | undefined): value is Held =>
  typeof value === 'object' &&
  value !== null &&
  'kind' in value &&
  'name' in value &&
  typeof value['before'] === 'object' &&
  value['before'] !== null;

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

/** How long KEDA may take to say that it has paused. */
const pausedWithinMs = 5000;
const askEveryMs = 250;

export const hold = async (service: Service, held: Held, call: Call): Promise<void> => {
  await change(service, held, call, (found) => (found.kind.isHeld(found.manifest) ? undefined : found.kind.hold));
  // Without conditions nothing has ever looked at it: there is nobody to wait for.
  const first = await read(service, held, call.signal);
  if (held.kind !== kedaKind.kind || !first?.manifest.status?.conditions) return;
  const until = call.clock.monotonic() + pausedWithinMs;
  for (let now: FoundAutoscaler | undefined = first; now && !saysPaused(now.manifest);) {
    if (call.clock.monotonic() > until) {
      call.report({ note: `${now.title} has not said within ${pausedWithinMs / 1000} s that it is paused` });
      return;
    }
    await call.clock.sleep(askEveryMs, call.signal);
    now = await read(service, held, call.signal);
  }
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
  patchFor: (found: FoundAutoscaler) => JsonObject | undefined,
): Promise<void> =>
  optimistically(call, async () => {
    const found = await read(service, held, call.signal);
    const patch = found && patchFor(found);
    if (!patch) return;
    const { metadata = {}, ...rest } = patch as { readonly metadata?: JsonObject };
    const body = { ...rest, metadata: { ...metadata, resourceVersion: found.resourceVersion } };
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
