import * as z from 'zod/mini';
import { listing } from '../../../../words/listing.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import { ApiFailure } from '../../../../clients/kubernetes/failure.ts';
import type { Resource } from '../../../../clients/kubernetes/port.ts';
import type { LabelSelector, Meta, Pod } from '../objects/objects.ts';
import { resources } from '../objects/objects.ts';
import { budget } from '../objects/shapes.ts';
import type { Service } from '../service.ts';

const budgets: Resource = { api: 'policy/v1', plural: 'poddisruptionbudgets', shape: budget };

interface Budget {
  readonly metadata: Meta;
  readonly spec: { readonly selector?: LabelSelector };
}

export interface Evicted {
  readonly name: string;
  readonly uid: string;
}

/**
 * Asks the platform to stop one pod. It does not where a PodDisruptionBudget says no.
 * Errors: `refused` where a budget says no, or the pod is not the one any more.
 */
export const evict = async (
  service: Service,
  { name, uid }: Evicted,
  ask: { readonly signal: AbortSignal; readonly dryRun?: boolean },
): Promise<void> => {
  const { client } = service;
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace: client.identity.namespace },
    deleteOptions: { preconditions: { uid } },
  };
  try {
    await client.create(resources.pods, body, { ...ask, name, subresource: 'eviction' });
  } catch (error) {
    if (!(error instanceof ApiFailure)) throw error;
    throw (await refusalOf(service, name, error, ask.signal)) ?? error;
  }
};

const next = ['rb restart status'];

const refusalOf = async (
  service: Service,
  pod: string,
  failure: ApiFailure,
  signal: AbortSignal,
): Promise<RunbookError | undefined> => {
  const { status } = failure;
  if (status === 404) return new RunbookError('refused', `${pod} is no longer there`, { next });
  if (status === 409) return new RunbookError('refused', `${pod} is now another pod of the same name`, { next });
  const cause = budgetCause(failure);
  if (cause !== undefined)
    return new RunbookError('refused', `${pod} was not stopped: ${cause}`, {
      next: [...next, 'make the other instances healthy first, or change the budget'],
    });
  if (!/more than one PodDisruptionBudget/i.test(failure.message)) return undefined;
  const names = await budgetsOf(service, pod, signal).catch(() => []);
  const which = names.length === 0 ? '' : ` (${listing(names)})`;
  return new RunbookError(
    'refused',
    `${pod} was not stopped: more than one PodDisruptionBudget selects it${which}, and the eviction API can only answer to one`,
    { next: [`leave one of them: ${service.kubectl('get', 'poddisruptionbudgets')}`] },
  );
};

/** In the server's words, which name the budget and its numbers. */
const budgetCause = ({ status, details, message }: ApiFailure): string | undefined => {
  if (status !== 429) return undefined;
  const causes = Details.safeParse(details).data?.causes ?? [];
  const cause = causes.find(({ reason }) => reason === 'DisruptionBudget');
  if (cause) return cause.message ?? message;
  return /disruption budget/i.test(message) ? message : undefined;
};

const Details = z.object({
  causes: z.array(z.object({ reason: z.optional(z.string()), message: z.optional(z.string()) })),
});

const budgetsOf = async ({ client }: Service, pod: string, signal: AbortSignal): Promise<readonly string[]> => {
  const [{ metadata }, { items }] = await Promise.all([
    client.get<Pod>(resources.pods, pod, { signal }),
    client.list<Budget>(budgets, { signal }),
  ]);
  return items.filter(({ spec }) => selects(spec.selector, metadata.labels ?? {})).map((each) => each.metadata.name);
};

/** A selector may name what every object inherits. */
const labelAt = (labels: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined;

/** A budget without a selector selects none. */
const selects = (selector: LabelSelector | undefined, labels: Readonly<Record<string, string>>): boolean =>
  selector !== undefined &&
  Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labelAt(labels, key) === value) &&
  (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labelAt(labels, key);
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    const isIn = value !== undefined && values.includes(value);
    return operator === 'In' ? isIn : !isIn;
  });
