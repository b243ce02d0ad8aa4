import * as z from 'zod/mini';
import type { Change } from '../../../../engine/change.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import { shown } from '../../../../clients/process/shown.ts';
import { age } from '../../shared/instances-table.ts';
import type { Call } from '../../port.ts';
import { drainForMs } from './drain.ts';
import { type EmergencyNote, noteOf, tryNote } from './emergency-note.ts';
import { autoscalerBasis, type FoundAutoscaler, lookForAutoscaler } from '../count/find-autoscaler.ts';
import { Held, heldOf, heldTitle, holdCommands, isHeld, tryHold } from '../count/hold.ts';
import { isOver, type PodView } from '../objects/pods.ts';
import { requireScalable, scaleCommand } from '../count/scale.ts';
import type { Service } from '../service.ts';
import { shortUid } from '../objects/short-uid.ts';
import { trySetCount } from '../count/set-count.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import { counted } from '../../../../words/counts.ts';

export const EmergencyData = z.object({
  uid: z.string(),
  generation: z.number(),
  /** The count when it was planned, and the one to go back to. */
  present: z.number(),
  to: z.number(),
  /** As it was before it was held; null where none acts. */
  autoscaler: z.nullable(Held),
  /** The pods that have to go, by the beginning of their UID. */
  old: z.array(z.string()),
  /** They are stopped already: only what is missing is given back. */
  onlyStart: z.boolean(),
});
export type EmergencyData = z.output<typeof EmergencyData>;

/** What was taken away and by whom: by the session that is resumed, or by one that left its note on the object. */
interface Earlier {
  readonly by: string;
  readonly to: number;
  readonly autoscaler: Held | null;
  readonly old?: string[];
  /** Only where it is another session's. */
  readonly note?: EmergencyNote;
}

export const planStopAndStart = async (
  service: Service,
  call: Call,
  interrupted?: Change<EmergencyData>,
): Promise<Change<EmergencyData>> => {
  requireScalable(service, 'restart it without a downtime: rb restart --rolling');
  const { signal } = call;
  const snapshot = await service.read(signal);
  const [listed, autoscaler] = await Promise.all([service.pods(snapshot, signal), lookForAutoscaler(service, signal)]);
  const pods = listed.filter((pod) => !isOver(pod));
  const earlier = await earlierOf(service, snapshot, call, interrupted);
  const to = earlier?.to ?? snapshot.replicas;
  if (to === 0)
    throw new RunbookError(
      'refused',
      `${service.config.service} has a count of 0: nothing to stop, and no number to go back to`,
      { next: ['rb scale to <n>'] },
    );
  const old = earlier?.old ?? pods.map(({ uid }) => shortUid(uid));
  const running = pods.filter(({ uid, terminating }) => !terminating && old.includes(shortUid(uid)));
  const onlyStart = earlier !== undefined && (snapshot.replicas === 0 || running.length === 0);
  const held = earlier?.autoscaler ?? heldOf(autoscaler.found);
  await Promise.all([
    tryNote(service, signal),
    trySetCount(service, onlyStart ? to : 0, signal),
    held ? tryHold(service, held, signal) : undefined,
  ]);
  const data: EmergencyData = {
    uid: snapshot.uid,
    generation: snapshot.generation,
    present: snapshot.replicas,
    to,
    autoscaler: held,
    old,
    onlyStart,
  };
  return {
    ...words(service, snapshot, pods, data, earlier, autoscaler, call.clock.now()),
    target: service.target,
    basis: {
      uid: snapshot.uid,
      generation: snapshot.generation,
      count: to,
      onlyStart,
      autoscaler: autoscalerBasis(autoscaler.found),
      note: earlier?.note?.session ?? null,
    },
    affects: ['generation'],
    data,
  };
};

/** A note counts while something of what it tells is still taken away: it may have been copied back by an undo, long after. */
const earlierOf = async (
  service: Service,
  snapshot: Snapshot,
  { signal }: Call,
  interrupted: Change<EmergencyData> | undefined,
): Promise<Earlier | undefined> => {
  if (interrupted) {
    const { uid, to, autoscaler, old } = interrupted.data;
    // Created again in the meantime: how many there are was decided then.
    const isDecided = uid !== snapshot.uid && snapshot.replicas > 0;
    return { by: 'the interrupted session', to: isDecided ? snapshot.replicas : to, autoscaler, old };
  }
  const note = noteOf(snapshot);
  if (!note) return undefined;
  const { replicas, autoscaler, session } = note;
  const isStillHeld = autoscaler !== null && (await isHeld(service, autoscaler, signal));
  if (snapshot.replicas > 0 && !isStillHeld) return undefined;
  return {
    by: `session ${session.split('/')[0]}`,
    to: snapshot.replicas > 0 ? snapshot.replicas : replicas,
    autoscaler: isStillHeld ? autoscaler : null,
    note,
  };
};

const words = (
  service: Service,
  { replicas, selector, ...rest }: Snapshot,
  pods: readonly PodView[],
  { to, autoscaler, onlyStart }: EmergencyData,
  earlier: Earlier | undefined,
  { found, unseen }: { readonly found?: FoundAutoscaler | undefined; readonly unseen?: string },
  now: Date,
): Pick<Change, 'summary' | 'blastRadius' | 'equivalent' | 'undo' | 'raises'> => {
  const { config } = service;
  const up = pods.filter(({ terminating }) => !terminating).length;
  const commands = holdCommands(service, autoscaler);
  const begin = [...(replicas < to || !onlyStart ? [scaleCommand(service, 0, to)] : []), ...commands.release];
  const drainMs = drainForMs(service, { replicas, selector, ...rest });
  const note = earlier?.note;
  const ago = note ? age(now.getTime() - Date.parse(note.at)) : undefined;
  const autoscalerLines = autoscaler
    ? [`${heldTitle(autoscaler)} (${autoscaler.min} to ${autoscaler.max}) is held meanwhile and given back afterwards`]
    : found
      ? [`${found.title} does not change the count: ${found.inactive ?? 'it is held'}`]
      : unseen === undefined
        ? []
        : [unseen];
  const { max } = config.scaling ?? {};
  const warned = note
    ? {
        raises: [
          `${earlier.by} began an emergency restart ${ago} ago and may still be at work`,
          ...(max !== undefined && to > max && to === note.replicas
            ? [`the note on the object says ${to} instances, and the ceiling is ${max}`]
            : []),
        ],
      }
    : {};
  if (onlyStart)
    return {
      summary:
        replicas < to
          ? `start the ${counted(to, 'instance')} that ${earlier?.by ?? 'somebody'} stopped${note ? ` ${ago} ago` : ''}`
          : `finish what ${earlier?.by ?? 'somebody'} began: nothing is stopped any more, the rest is given back`,
      blastRadius: [`${up} of ${counted(to, 'instance')} running now`, ...autoscalerLines],
      equivalent: begin,
      undo: 'none needed',
      ...warned,
    };
  return {
    summary: `stop all ${counted(up, 'instance')}, wait for the drain, start ${to}`,
    blastRadius: [
      `${up} of ${counted(to, 'instance')} running now; nothing is served until they are back`,
      `the drain takes up to ${age(drainMs)}`,
      ...autoscalerLines,
    ],
    equivalent: [
      ...commands.hold,
      scaleCommand(service, replicas, 0),
      service.kubectl(
        'wait',
        '--for=delete',
        'pod',
        '-l',
        shown([selector]),
        `--timeout=${Math.ceil(drainMs / 1000)}s`,
      ),
      ...begin,
    ],
    undo: 'none: what the instances held in memory is gone; they are started again even if stopping fails',
    ...warned,
  };
};
