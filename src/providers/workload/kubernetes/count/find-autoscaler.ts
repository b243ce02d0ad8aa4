import { messageOf, RunbookError } from '../../../../engine/errors.ts';
import type { JsonObject } from '../../../../engine/json.ts';
import type { Page } from '../../../../clients/kubernetes/port.ts';
import type { AutoscalerFacts, AutoscalerKind, AutoscalerManifest } from './autoscaler-kind.ts';
import { type Hpa, hpaKind } from './hpa.ts';
import { kedaKind, type ScaledObject } from './keda.ts';
import { kindName } from '../objects/objects.ts';
import type { Service } from '../service.ts';

/** What sets the number of pods of the workload, as it is now. */
export interface FoundAutoscaler extends AutoscalerFacts {
  /** "HorizontalPodAutoscaler checkout". */
  readonly title: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly kind: AutoscalerKind<AutoscalerManifest>;
  readonly manifest: AutoscalerManifest;
}

/**
 * The KEDA ScaledObject of the workload, else its HorizontalPodAutoscaler; undefined where there is neither.
 * Errors: `unreachable` where they may not be listed.
 */
export const findAutoscaler = async (service: Service, signal: AbortSignal): Promise<FoundAutoscaler | undefined> => {
  const { client } = service;
  const [hpas, scaledObjects] = await Promise.allSettled([
    client.list<Hpa>(hpaKind.resource, { signal }).then((page) => of(service, page)),
    client.list<ScaledObject>(kedaKind.resource, { signal }).then((page) => of(service, page)),
  ]);
  signal.throwIfAborted();
  const [own] = scaledObjects.status === 'fulfilled' ? scaledObjects.value : [];
  if (own) return foundAutoscaler(kedaKind, own);
  if (hpas.status === 'rejected') throw hpas.reason;
  const all = hpas.value.map((hpa) => foundAutoscaler(hpaKind, hpa));
  const hpa = all.find(({ inactive }) => inactive === undefined) ?? all[0];
  // A server says "forbidden" also about a resource that it does not know. KEDA acts through an HPA that belongs to the
  // ScaledObject: where there is no such HPA, a ScaledObject that may not be seen does not act.
  const byKeda = hpa?.manifest.metadata.ownerReferences?.some(({ kind }) => kind === kedaKind.kind);
  if (scaledObjects.status === 'rejected' && (byKeda || !isUnreachable(scaledObjects.reason)))
    throw scaledObjects.reason;
  return hpa;
};

/** The same where not being allowed to look is no reason to stop. */
export const lookForAutoscaler = async (
  service: Service,
  signal: AbortSignal,
): Promise<{ readonly found?: FoundAutoscaler | undefined; readonly unseen?: string }> => {
  try {
    return { found: await findAutoscaler(service, signal) };
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    return { unseen: `whether an autoscaler changes the count cannot be seen: ${messageOf(error)}` };
  }
};

/** "HorizontalPodAutoscaler checkout (2 to 6)". */
export const withLimits = ({ title, min, max }: FoundAutoscaler): string => `${title} (${min} to ${max})`;

export const foundAutoscaler = <Manifest extends AutoscalerManifest>(
  kind: AutoscalerKind<Manifest>,
  manifest: Manifest,
): FoundAutoscaler => ({
  ...kind.facts(manifest),
  title: `${kind.kind} ${manifest.metadata.name}`,
  name: manifest.metadata.name,
  uid: manifest.metadata.uid,
  resourceVersion: manifest.metadata.resourceVersion,
  kind,
  manifest,
});

/** What a plan rests on. */
export const autoscalerBasis = (found: FoundAutoscaler | undefined): JsonObject | null =>
  found
    ? { name: found.title, uid: found.uid, min: found.min, max: found.max, inactive: found.inactive ?? null }
    : null;

/** At 0 an HPA does nothing until somebody sets another count, unless 0 is its own minimum; KEDA starts the workload itself. */
export const sleepsAtZero = ({ kind, min }: FoundAutoscaler, replicas: number): boolean =>
  replicas === 0 && min > 0 && kind.kind === 'HorizontalPodAutoscaler';

const isUnreachable = (error: unknown): boolean => error instanceof RunbookError && error.kind === 'unreachable';

const of = <Manifest extends AutoscalerManifest>(service: Service, { items }: Page<Manifest>): readonly Manifest[] =>
  items.filter((one) => scales(one, service));

/** Is it the workload's own? */
export const scales = ({ spec: { scaleTargetRef: of } }: AutoscalerManifest, { config }: Service): boolean =>
  of.name === config.name &&
  (of.kind ?? 'Deployment') === kindName[config.kind] &&
  (of.apiVersion ?? 'apps/v1').startsWith('apps/');
