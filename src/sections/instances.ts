import { formatDuration } from '../config/duration.ts';
import { worst } from '../engine/finding.ts';
import type { Cell, Finding, Table } from '../engine/finding.ts';
import type { JsonObject } from '../engine/json.ts';
import type { Instance, WorkloadStatus } from '../providers/workload/port.ts';

/** The instances of a workload as a finding: critical where one is unhealthy or missing, unknown where health cannot be seen. */
export const instancesFinding = (status: WorkloadStatus, now: Date): Finding => {
  const missing = Math.max(0, status.desired - status.instances.filter((one) => one.state === 'running').length);
  const verdict = missing > 0 ? 'critical' : worst(status.instances.map((one) => one.health));
  return {
    verdict,
    summary: sentence(status, missing),
    evidence: instancesTable(status.instances, now),
    data: {
      at: now.toISOString(),
      desired: status.desired,
      instances: status.instances.map((one): JsonObject => ({ ...one })),
      ...(status.note === undefined ? {} : { note: status.note }),
    },
  };
};

const sentence = (status: WorkloadStatus, missing: number): string => {
  const count = (health: Instance['health']) => status.instances.filter((one) => one.health === health).length;
  const parts = [`${count('ok')} of ${status.desired} instances healthy`];
  if (missing > 0) parts.push(`${missing} not running`);
  if (count('critical') > 0) parts.push(named(status.instances, 'critical'));
  if (count('unknown') > 0) parts.push(`cannot see the health of ${count('unknown')}`);
  return parts.join(', ');
};

const named = (instances: readonly Instance[], health: Instance['health']): string =>
  instances
    .filter((one) => one.health === health)
    .map((one) => `${one.id} is ${one.state}${one.detail === undefined ? '' : ` (${one.detail})`}`)
    .join(', ');

const instancesTable = (instances: readonly Instance[], now: Date): Table => ({
  columns: [
    { title: 'instance' },
    { title: 'version' },
    { title: 'up', align: 'right' },
    { title: 'state' },
    { title: 'health' },
  ],
  rows: instances.map((one): readonly Cell[] => [
    one.id,
    one.version ?? null,
    one.startedAt === undefined || one.state !== 'running'
      ? null
      : formatDuration(now.getTime() - Date.parse(one.startedAt)),
    one.state,
    { text: one.detail ?? one.health, verdict: one.health },
  ]),
});
