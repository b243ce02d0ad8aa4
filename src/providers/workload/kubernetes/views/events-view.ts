import { shortText } from '../../../../words/short-text.ts';
import type { AnyFinding, Table } from '../../../../engine/finding.ts';
import { age } from '../../shared/instances-table.ts';
import type { Call } from '../../port.ts';
import { findAutoscaler } from '../count/find-autoscaler.ts';
import { kindName, type Meta, resources } from '../objects/objects.ts';
import type { Service } from '../service.ts';

interface Event {
  readonly metadata: Meta;
  readonly involvedObject: { readonly kind?: string; readonly name?: string };
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly firstTimestamp?: string;
  readonly lastTimestamp?: string;
  readonly eventTime?: string;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
}

interface Told {
  readonly at: string;
  readonly type: string;
  readonly reason: string;
  readonly object: string;
  readonly message: string;
  readonly count: number;
}

const shown = 20;
/** A warning that is older says little about now. */
const recentMs = 15 * 60_000;

/**
 * What the cluster has told about the object, its ReplicaSets, its pods (those that are gone as well) and its autoscaler, each
 * once with how often, the newest first. Reads the events of the namespace once, however many pods there are.
 */
export const eventsView = async (service: Service, call: Pick<Call, 'signal' | 'clock'>): Promise<AnyFinding> => {
  const snapshot = await service.read(call.signal);
  const [{ items }, revisions, autoscaler] = await Promise.all([
    service.client.list<Event>(resources.events, { signal: call.signal }),
    snapshot.kind === 'deployment' ? service.revisions(snapshot, call.signal) : [],
    findAutoscaler(service, call.signal).catch(() => undefined),
  ]);
  const owners = revisions.map(({ name }) => name);
  const isOurs = ({ involvedObject: { kind, name = '' } }: Event): boolean => {
    if (kind === kindName[snapshot.kind]) return name === snapshot.name;
    if (kind === 'ReplicaSet') return owners.includes(name);
    if (kind === 'Pod') return isPodOf(snapshot.kind === 'deployment' ? owners : [snapshot.name], name);
    return kind === autoscaler?.kind.kind && name === autoscaler?.name;
  };
  const told = merged(items.filter(isOurs)).slice(0, shown);
  const now = call.clock.now().getTime();
  const warnings = told.filter(({ type, at }) => type === 'Warning' && now - Date.parse(at) < recentMs);
  const [latest] = warnings;
  return {
    verdict: latest ? 'warn' : 'ok',
    summary: latest
      ? `${latest.object}: ${latest.reason}: ${latest.message}`
      : told.length === 0
        ? 'no events'
        : 'no warning in the last 15 min',
    ...(told.length === 0 ? {} : { evidence: table(told, now) }),
    data: { events: told.map((one) => ({ ...one })) },
  };
};

/** A pod is called after what keeps it; one that is gone can only be known by that. */
const isPodOf = (owners: readonly string[], pod: string): boolean =>
  owners.some((owner) => pod.startsWith(`${owner}-`) && /^[a-z0-9]+$/.test(pod.slice(owner.length + 1)));

const merged = (events: readonly Event[]): readonly Told[] => {
  const told = new Map<string, Told>();
  for (const event of events) {
    const { type = 'Normal', reason = '', message = '', involvedObject, series, count } = event;
    const object = `${involvedObject.kind?.toLowerCase()}/${involvedObject.name}`;
    const key = `${object} ${reason} ${message}`;
    const known = told.get(key);
    const at = momentOf(event);
    const times = series?.count ?? count ?? 1;
    told.set(key, {
      at: known && Date.parse(known.at) > Date.parse(at) ? known.at : at,
      type,
      reason,
      object,
      message: shortText(message.trim()),
      count: times + (known?.count ?? 0),
    });
  }
  return [...told.values()].toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
};

const momentOf = ({ series, lastTimestamp, eventTime, firstTimestamp, metadata }: Event): string =>
  series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? firstTimestamp ?? metadata.creationTimestamp;

const table = (told: readonly Told[], now: number): Table => ({
  columns: [
    { title: 'Age', align: 'right' },
    { title: 'Times', align: 'right' },
    { title: 'Object' },
    { title: 'Reason' },
    { title: 'Message' },
  ],
  rows: told.map(({ at, count, object, reason, message, type }) => [
    age(now - Date.parse(at)),
    count,
    object,
    type === 'Warning' ? { text: reason, verdict: 'warn' } : reason,
    message,
  ]),
});
