import type { ServiceDeploymentBrief } from '@aws-sdk/client-ecs';
import { RunbookError } from '../../../../engine/errors.ts';
import type { Cell, DataFinding } from '../../../../engine/finding.ts';
import { age } from '../../shared/instances-table.ts';
import type { Call } from '../../port.ts';
import type { Revisions } from '../../shared/views.ts';
import { lastPart } from '../tasks/seen.ts';
import type { Seen } from '../tasks/seen.ts';
import type { EcsService } from '../service.ts';
import { versionOf } from '../tasks/task-definition.ts';
import type { TaskDefinitions } from '../tasks/task-definition.ts';
import { unended } from '../words.ts';

const shown = 10;

type ViewCall = Pick<Call, 'signal' | 'clock'>;

/** What changed last and when: ECS's record of the service's deployments, the newest first, and which version each brought. */
export const revisionsView = async (
  service: EcsService,
  definitions: TaskDefinitions,
  call: ViewCall,
): Promise<DataFinding<Revisions>> => {
  const api = await service.api();
  const [seen, records] = await Promise.all([
    service.look(call, 'shared'),
    api.serviceDeployments(service.place, shown, call),
  ]);
  if (records.length === 0)
    return {
      verdict: 'unknown',
      summary: 'ECS has no record of deployments of this service',
      data: { revisions: [] },
    };
  const deployed = await definitionsOf(service, records, call);
  const versions = await versionsOf(new Set(deployed), definitions, seen, call);
  const current = deployed.indexOf(seen.taskDefinition);
  const entries = records.map((one, index) => {
    const revision = deployed[index] ?? '';
    return {
      revision,
      present: index === current,
      at: one.createdAt?.toISOString() ?? null,
      version: versions.get(revision) ?? revision,
      cause: causeOf(index, records, deployed, versions),
      status: one.status ?? null,
      reason: one.statusReason ?? null,
      finishedAt: one.finishedAt?.toISOString() ?? null,
    };
  });
  type Entry = (typeof entries)[number];
  const now = call.clock.now().getTime();
  const ageOf = ({ at }: Entry): string | null => (at === null ? null : age(now - Date.parse(at)));
  const present = entries[current] ?? entries[0];
  const version = versions.get(seen.taskDefinition) ?? present?.version;
  return {
    verdict: 'ok',
    summary: `${seen.taskDefinition}, version ${version}${present && current >= 0 ? `, since ${ageOf(present)}` : ''}`,
    evidence: {
      columns: [
        { title: 'Revision' },
        { title: 'Age', align: 'right' },
        { title: 'Version' },
        { title: 'Status' },
        { title: 'What' },
      ],
      rows: entries.map((one): readonly Cell[] => [
        one.revision,
        ageOf(one),
        one.version,
        statusCell(one.status),
        `${one.cause}${one.reason === null ? '' : `: ${unended(one.reason)}`}${one.present ? ' (present)' : ''}`,
      ]),
    },
    data: { revisions: entries },
  };
};

/** `family:revision` of each record; empty where ECS does not say. */
const definitionsOf = async (
  service: EcsService,
  records: readonly ServiceDeploymentBrief[],
  call: ViewCall,
): Promise<readonly string[]> => {
  const arns = [...new Set(records.flatMap(({ targetServiceRevisionArn }) => targetServiceRevisionArn ?? []))];
  const revisions = await (await service.api()).serviceRevisions(arns, call);
  const byArn = new Map(
    revisions.map(({ serviceRevisionArn, taskDefinition }) => [serviceRevisionArn, lastPart(taskDefinition ?? '')]),
  );
  return records.map(({ targetServiceRevisionArn }) => byArn.get(targetServiceRevisionArn) ?? '');
};

/** As the tasks show it. What cannot be read (it may have been deleted) is left out. */
const versionsOf = async (
  names: ReadonlySet<string>,
  definitions: TaskDefinitions,
  seen: Seen,
  call: ViewCall,
): Promise<ReadonlyMap<string, string>> => {
  const known = await Promise.all(
    [...names].map(async (name) => {
      try {
        return [[name, versionOf(await definitions(name, call), seen)]] as const;
      } catch (error) {
        call.signal.throwIfAborted();
        if (!(error instanceof RunbookError)) throw error;
        return [];
      }
    }),
  );
  return new Map(known.flat());
};

/** What it was for, by what ran before it: a deployment that was rolled back has left nothing behind. */
const causeOf = (
  index: number,
  records: readonly ServiceDeploymentBrief[],
  deployed: readonly string[],
  versions: ReadonlyMap<string, string>,
): string => {
  const before = deployed[records.findIndex(({ status }, at) => at > index && status?.startsWith('ROLLBACK') !== true)];
  const name = deployed[index] ?? '';
  if (before === undefined) return 'the oldest on record';
  if (before === name) return 'restarted';
  const [from = before, to = name] = [versions.get(before), versions.get(name)];
  return from === to ? `task definition ${before} -> ${name}` : `version ${from} -> ${to}`;
};

const statusCell = (status: string | null): Cell =>
  status === null || status === 'SUCCESSFUL' ? status : { text: status, verdict: 'warn' };
