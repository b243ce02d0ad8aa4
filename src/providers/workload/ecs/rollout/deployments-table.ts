import type { Cell, Table } from '../../../../engine/finding.ts';
import type { Deployed, Seen } from '../tasks/seen.ts';
import { lastPart } from '../tasks/seen.ts';

/** The deployments, the newest first: what a rollout is made of in ECS. */
export const deploymentsTable = (seen: Seen): Table => ({
  columns: [
    { title: 'Deployment' },
    { title: 'Revision' },
    { title: 'Running', align: 'right' },
    { title: 'Pending', align: 'right' },
    { title: 'Failed', align: 'right' },
    { title: 'State' },
  ],
  rows: seen.deployments.map((one): readonly Cell[] => [
    // Without `ecs-svc/`, which all of them begin with.
    lastPart(one.id),
    one.taskDefinition,
    `${one.running} of ${one.desired}`,
    one.pending,
    one.failed > 0 ? { text: String(one.failed), verdict: 'warn' } : one.failed,
    stateOf(one),
  ]),
});

const stateOf = ({ rollout, status }: Deployed): Cell => {
  if (rollout === 'FAILED') return { text: 'FAILED', verdict: 'critical' };
  if (status !== 'PRIMARY') return 'outgoing';
  return rollout === 'COMPLETED' ? { text: 'COMPLETED', verdict: 'ok' } : (rollout ?? status);
};
