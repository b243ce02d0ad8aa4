import { anyJson } from '../engine/any-json.ts';
import { RunbookError } from '../engine/errors.ts';
import type { AnyFinding } from '../engine/finding.ts';
import { shortened } from '../engine/judgement.ts';
import type { Json } from '../engine/json.ts';
import type { CheckSpec } from '../engine/procedure/specs.ts';
import type { WorkloadViews } from '../providers/workload/port.ts';
import { Revisions } from '../providers/workload/shared/views.ts';
import type { Has } from './ports.ts';

type ViewSpec<Data extends Json> = CheckSpec<unknown, Has<'workload'>, Data>;

/** What may not be looked at (no right to list events, say) is unknown, and the rest is shown all the same. */
const ofSomePlatforms = {
  tolerant: true,
  when: async ({ ports }) => (await ports.workload()).views !== undefined,
} as const satisfies Partial<ViewSpec<never>>;

/** A view that a platform may have. The data is the platform's own. At most `rows` rows are shown. */
export const platformView = (view: 'rollout' | 'autoscaler' | 'events', rows?: number): ViewSpec<Json> => ({
  ...ofSomePlatforms,
  data: anyJson,
  look: async ({ ports, signal, clock }) => {
    const finding = await (await viewsOf(ports))[view]({ signal, clock });
    return onOneScreen({ ...finding, data: finding.data ?? null }, rows);
  },
});

/** What changed last, the newest revision first. */
export const revisionsView = (rows: number): ViewSpec<Revisions> => ({
  ...ofSomePlatforms,
  data: Revisions,
  look: async ({ ports, signal, clock }) =>
    onOneScreen(await (await viewsOf(ports)).revisions({ signal, clock }), rows),
});

const viewsOf = async ({ workload }: Has<'workload'>): Promise<WorkloadViews> => {
  const { views } = await workload();
  if (views) return views;
  throw new RunbookError('unreachable', 'this platform has no such view');
};

/** The first rows are for people, and all that are not ok; programs get all of it as data. */
const onOneScreen = <Seen extends AnyFinding>(finding: Seen, rows = Number.POSITIVE_INFINITY): Seen => {
  if (!finding.evidence) return finding;
  const { table, hidden } = shortened(finding.evidence, rows);
  return hidden === 0
    ? finding
    : { ...finding, summary: `${finding.summary} (${hidden} more: -o json)`, evidence: table };
};
