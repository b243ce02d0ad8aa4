import * as z from 'zod/mini';
import type { Clock } from '../engine/clock.ts';
import type { Cell, DataFinding } from '../engine/finding.ts';
import { critical, judged, judgement, ok, unknown, warn } from '../engine/judgement.ts';
import type { JudgedRow, Judgement } from '../engine/judgement.ts';
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
  if (healthy !== undefined && instances.length === 0) {
    const { evidence, ...counted } = judged({
      about: [`${healthy} of ${wanted} instances healthy`, ...lowered].join(', '),
      columns: [{ title: 'Instances' }, { title: 'Healthy', align: 'right' }],
      rows: [{ name: 'instances', cells: [wanted, healthy], marks: 1, judgement: judgeCount(healthy, wanted) }],
    });
    // A number stands in the sentence already.
    return { ...counted, ...(counted.verdict === 'ok' ? {} : { evidence }), data: { ...data, healthy, instances: [] } };
  }
  const missing = Math.max(0, wanted - instances.filter(mayRun).length - (wanted - status.desired));
  const { columns, rows } = instancesTable(instances, now);
  const notListed = (name: string, why: string): JudgedRow => ({
    name,
    cells: columns.map(({ title }) => (title === 'Instance' ? name : title === 'Health' ? why : null)),
    marks: columns.length - 1,
    judgement: critical(why),
  });
  return {
    ...judged({
      about: [countOf(instances, wanted), ...lowered].join(', '),
      columns,
      rows: [
        ...(instances.length === 0 ? [notListed('instances', `none is listed, ${wanted} wanted`)] : []),
        ...(instances.length > 0 && missing > 0 ? [notListed('instances', `${missing} not running`)] : []),
        ...gone.map((id) => notListed(id, 'not listed any more')),
        ...instances.map((one, index): JudgedRow => ({
          name: one.id,
          cells: stays(one) ? (rows[index] ?? []) : unjudged(rows[index] ?? []),
          marks: columns.length - 1,
          judgement: judgeInstance(one),
        })),
      ],
    }),
    data: { ...data, instances: instances.map((one) => ({ ...one })) },
  };
};

const judgeCount = (healthy: number, wanted: number): Judgement =>
  judgement(
    (healthy < wanted || wanted === 0) && critical(wanted === 0 ? 'none is wanted' : `${wanted - healthy} not healthy`),
  );

/** An instance on its way out is not held against the others. */
const judgeInstance = (one: Instance): Judgement => {
  if (!stays(one)) return ok;
  return judgement(
    one.health === 'critical' && critical(inState(one)),
    one.health === 'warn' && warn(inState(one)),
    one.health === 'unknown' && unknown('cannot see its health'),
  );
};

const unjudged = (cells: readonly Cell[]): readonly Cell[] =>
  cells.map((cell) => (cell !== null && typeof cell === 'object' ? cell.text : cell));

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

const countOf = (instances: readonly Instance[], wanted: number): string => {
  const healthy = instances.filter((one) => stays(one) && one.health === 'ok').length;
  return healthy > wanted
    ? `${healthy} instances healthy, ${wanted} wanted`
    : `${healthy} of ${wanted} instances healthy`;
};

/** "app-1 is running (HTTP 503)". */
export const stateOf = (one: Instance): string => `${one.id} is ${inState(one)}`;

const inState = ({ state, detail }: Instance): string =>
  `${state}${detail === undefined || detail === state ? '' : ` (${detail})`}`;
