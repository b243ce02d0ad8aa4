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

/** What is kept of an event: those of a whole namespace may be large. */
interface Told {
  readonly kind: string | undefined;
  readonly name: string;
  readonly at: string;
  readonly type: string;
  readonly reason: string;
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
  const [events, revisions, autoscaler] = await Promise.all([
    service.client.list<Event>(resources.events, { signal: call.signal }).then(({ items }) => items.map(toldBy)),
    snapshot.kind === 'deployment' ? service.revisions(snapshot, call.signal) : [],
    findAutoscaler(service, call.signal).catch(() => undefined),
  ]);
  const owners = revisions.map(({ name }) => name);
  const isOurs = ({ kind, name }: Told): boolean => {
    if (kind === kindName[snapshot.kind]) return name === snapshot.name;
    if (kind === 'ReplicaSet') return owners.includes(name);
    if (kind === 'Pod') return isPodOf(snapshot.kind === 'deployment' ? owners : [snapshot.name], name);
    return kind === autoscaler?.kind.kind && name === autoscaler?.name;
  };
  const told = merged(events.filter(isOurs)).slice(0, shown);
  const now = call.clock.now().getTime();
  const warnings = told.filter(({ type, at }) => type === 'Warning' && now - Date.parse(at) < recentMs);
  const [latest] = warnings;
  return {
    verdict: latest ? 'warn' : 'ok',
    summary: latest
      ? `${objectOf(latest)}: ${latest.reason}: ${latest.message}`
      : told.length === 0
        ? 'no events'
        : 'no warning in the last 15 min',
    ...(told.length === 0 ? {} : { evidence: table(told, now) }),
    data: { events: told.map(asJson) },
  };
};

/** A pod is called after what keeps it; one that is gone can only be known by that. */
const isPodOf = (owners: readonly string[], pod: string): boolean =>
  owners.some((owner) => pod.startsWith(`${owner}-`) && /^[a-z0-9]+$/.test(pod.slice(owner.length + 1)));

const toldBy = (event: Event): Told => {
  const { type = 'Normal', reason = '', message = '', involvedObject, series, count } = event;
  return {
    kind: involvedObject.kind,
    name: involvedObject.name ?? '',
    at: momentOf(event),
    type,
    reason: shortText(reason),
    message: shortText(message.trim()),
    count: series?.count ?? count ?? 1,
  };
};

/** As `-o json` has it. */
const asJson = ({ at, type, reason, message, count, ...of }: Told) => ({
  at,
  type,
  reason,
  object: objectOf(of),
  message,
  count,
});

const objectOf = ({ kind, name }: Pick<Told, 'kind' | 'name'>): string => `${kind?.toLowerCase()}/${name}`;

const merged = (events: readonly Told[]): readonly Told[] => {
  const told = new Map<string, Told>();
  for (const event of events) {
    const key = `${objectOf(event)} ${event.reason} ${event.message}`;
    const known = told.get(key);
    if (!known) told.set(key, event);
    else {
      const at = Date.parse(known.at) > Date.parse(event.at) ? known.at : event.at;
      told.set(key, { ...event, at, count: event.count + known.count });
    }
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
  rows: told.map(({ at, count, reason, message, type, ...of }) => [
    age(now - Date.parse(at)),
    count,
    objectOf(of),
    type === 'Warning' ? { text: reason, verdict: 'warn' } : reason,
    message,
  ]),
});
