import * as z from 'zod/mini';
import type { Clock } from '../engine/clock.ts';
import { worst } from '../engine/finding.ts';
import type { DataFinding } from '../engine/finding.ts';
import type { Reads } from '../engine/procedure/context.ts';
import type { Filled } from '../engine/procedure/step.ts';
import { instancesTable } from '../providers/workload/shared/instances-table.ts';
import type { Instance, WorkloadStatus } from '../providers/workload/port.ts';
import type { Has } from './ports.ts';
import { readIfSeen } from './read-if-seen.ts';

/** What a look at the instances has seen. */
export const Instances = z.object({
  at: z.string(),
  desired: z.number(),
  note: z.optional(z.string()),
  /** Set where they were only counted. */
  healthy: z.optional(z.number()),
  instances: z.array(
    z.object({
      id: z.string(),
      state: z.enum(['running', 'starting', 'stopping', 'stopped', 'unknown']),
      health: z.enum(['ok', 'warn', 'critical', 'unknown']),
      detail: z.optional(z.string()),
      version: z.optional(z.string()),
      startedAt: z.optional(z.string()),
      restarts: z.optional(z.number()),
    }),
  ),
});
export type Instances = z.output<typeof Instances>;

interface Looking {
  readonly ports: Has<'workload'>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

const look =
  (depth: 'brief' | 'full') =>
  async ({ ports, signal, clock }: Looking): Promise<DataFinding<Instances>> =>
    instancesFinding(await (await ports.workload()).status({ signal }, depth), clock.now());

/** Looks at the instances: the check that most procedures begin and end with. */
export const lookAtInstances = look('full');

/** The same with the fewest reads, where how many are healthy is all that matters. */
export const countInstances = look('brief');

/** The look after a change, compared with the one before it. */
export const lookAgain =
  (before: Filled<Instances>, depth: 'brief' | 'full' = 'full') =>
  async (context: Looking & Reads): Promise<DataFinding<Instances>> => {
    const workload = await context.ports.workload();
    const status = await workload.status({ signal: context.signal }, depth);
    return instancesFinding(status, context.clock.now(), readIfSeen(context, before));
  };

/**
 * The instances of a workload as a finding: critical where one is unhealthy or missing or there is none at all, unknown where health
 * cannot be seen. A brief look may only have counted them. Compared with `before`, one that is not listed any more is missing.
 */
export const instancesFinding = (status: WorkloadStatus, now: Date, before?: Instances): DataFinding<Instances> => {
  const gone = goneSince(before, status);
  const wanted = gone.length === 0 ? status.desired : (before?.instances.filter(stays).length ?? 0);
  const { healthy, instances } = status;
  const data = {
    at: now.toISOString(),
    desired: wanted,
    ...(status.note === undefined ? {} : { note: status.note }),
  };
  const lowered =
    before && status.desiredIs !== 'listed' && before.desired !== wanted
      ? [`${before.desired} wanted before, ${wanted} now`]
      : [];
  if (healthy !== undefined && instances.length === 0)
    return {
      verdict: healthy < wanted || wanted === 0 ? 'critical' : 'ok',
      summary: [`${healthy} of ${wanted} instances healthy`, ...lowered].join(', '),
      data: { ...data, healthy, instances: [] },
    };
  const missing = Math.max(0, wanted - instances.filter(mayRun).length);
  const none = instances.length === 0;
  return {
    verdict: missing > 0 || none ? 'critical' : worst(instances.filter(stays).map((one) => one.health)),
    summary: none
      ? `no instance is listed, ${wanted} wanted`
      : [
          ...sentence(instances, wanted, missing - (wanted - status.desired)),
          ...gone.map((id) => `${id} is not listed any more`),
          ...lowered,
        ].join(', '),
    evidence: instancesTable(instances, now),
    data: { ...data, instances: instances.map((one) => ({ ...one })) },
  };
};

/**
 * The instances that were listed before and are not listed any more, where fewer are listed than before and nothing else says how many
 * there should be: such a platform cannot say itself that they are missing.
 */
export const goneSince = (before: Instances | undefined, now: WorkloadStatus): readonly string[] => {
  const lasting = before?.instances.filter(stays) ?? [];
  if (now.desiredIs !== 'listed' || now.desired >= lasting.length) return [];
  const listed = new Set(now.instances.map(({ id }) => id));
  return lasting.map(({ id }) => id).filter((id) => !listed.has(id));
};

/** A platform that lists names alone has not said that they are down. */
export const mayRun = ({ state }: Pick<Instance, 'state'>): boolean => state === 'running' || state === 'unknown';

/** An instance on its way out is not counted as healthy, nor held against the others. */
const stays = ({ state }: Pick<Instance, 'state'>): boolean => state !== 'stopping';

const sentence = (instances: readonly Instance[], wanted: number, notRunning: number): readonly string[] => {
  const staying = instances.filter(stays);
  const those = (health: Instance['health']) => staying.filter((one) => one.health === health);
  const healthy = those('ok').length;
  const unseen = those('unknown').length;
  return [
    healthy > wanted ? `${healthy} instances healthy, ${wanted} wanted` : `${healthy} of ${wanted} instances healthy`,
    ...(notRunning > 0 ? [`${notRunning} not running`] : []),
    ...those('critical').map(stateOf),
    ...(unseen > 0 ? [`cannot see the health of ${unseen}`] : []),
  ];
};

/** "app-1 is running (HTTP 503)". */
export const stateOf = ({ id, state, detail }: Instance): string =>
  `${id} is ${state}${detail === undefined || detail === state ? '' : ` (${detail})`}`;
