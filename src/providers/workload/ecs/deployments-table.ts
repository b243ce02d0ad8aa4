import type { Cell, Table } from '../../../engine/finding.ts';
import type { Deployed, Seen } from './seen.ts';

/** The deployments, the newest first: what a rollout is made of in ECS. */
export const deploymentsTable = (seen: Seen): Table => ({
  columns: [
    { title: 'Deployment' },
    { title: 'Status' },
    { title: 'Task definition' },
    { title: 'Desired', align: 'right' },
    { title: 'Running', align: 'right' },
    { title: 'Pending', align: 'right' },
    { title: 'Failed', align: 'right' },
    { title: 'Rollout' },
  ],
  rows: seen.deployments.map((one): readonly Cell[] => [
    one.id,
    one.status,
    one.taskDefinition,
    one.desired,
    one.running,
    one.pending,
    one.failed > 0 ? { text: String(one.failed), verdict: 'warn' } : one.failed,
    rolloutCell(one),
  ]),
});

const rolloutCell = ({ rollout }: Deployed): Cell => {
  if (rollout === undefined) return null;
  const verdict = rollout === 'COMPLETED' ? 'ok' : rollout === 'FAILED' ? 'critical' : undefined;
  return verdict === undefined ? rollout : { text: rollout, verdict };
};
