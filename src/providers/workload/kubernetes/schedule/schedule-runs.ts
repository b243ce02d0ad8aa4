import type { Schedule } from '../../port.ts';
import {
  type Condition,
  type ContainerStatus,
  controllerOf,
  type Meta,
  type Pod,
  resources,
} from '../objects/objects.ts';
import { labelSelector, scheduleLabels, scheduleResources, skipCheck } from './schedule-objects.ts';
import type { CronJobSpec } from './schedule-parts.ts';
import type { Service } from '../service.ts';

interface CronJob {
  readonly metadata: Meta;
  readonly spec: CronJobSpec;
  readonly status?: { readonly lastScheduleTime?: string };
}

interface Job {
  readonly metadata: Meta;
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** The CronJobs that `rb` made for this workload, with what became of their last run. */
export const listSchedules = async (service: Service, signal: AbortSignal): Promise<readonly Schedule[]> => {
  const ours = { labelSelector: labelSelector(scheduleLabels(service)), signal };
  const [{ items: cronJobs }, { items: jobs }] = await Promise.all([
    service.client.list<CronJob>(scheduleResources.cronJob, ours),
    service.client.list<Job>(scheduleResources.jobs, ours),
  ]);
  return Promise.all(
    cronJobs.map(async ({ metadata, spec, status }): Promise<Schedule> => {
      const last = jobs
        .filter((job) => controllerOf(job.metadata) === metadata.uid)
        .toSorted((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp))
        .at(-1);
      const lastRunAt = status?.lastScheduleTime ?? last?.metadata.creationTimestamp;
      return {
        id: metadata.name,
        expression: `${spec.schedule ?? ''}${spec.timeZone === undefined ? '' : ` ${spec.timeZone}`}`,
        suspended: spec.suspend ?? false,
        ...(lastRunAt === undefined ? {} : { lastRunAt }),
        ...(last ? { lastResult: await resultOf(service, last, signal) } : {}),
      };
    }),
  );
};

const resultOf = async (service: Service, { metadata, status }: Job, signal: AbortSignal): Promise<string> => {
  const is = (type: string) => status?.conditions?.find((one) => one.type === type && one.status === 'True');
  if (is('Complete')) return 'done';
  const failed = is('Failed');
  const { items } = await service.client.list<Pod>(resources.pods, {
    labelSelector: `batch.kubernetes.io/job-name=${metadata.name}`,
    signal,
  });
  const [pod] = items;
  if (!failed) return `running${waitsFor(pod)}`;
  const check = ended(pod?.status?.initContainerStatuses?.find(({ name }) => name === skipCheck));
  const said = (message: string | undefined) =>
    service.deps
      .redact(message ?? '')
      .trim()
      .split('\n')
      .at(-1)
      ?.slice(0, 200);
  if (check && check.exitCode !== 0)
    return /timed out waiting/.test(check.message ?? '')
      ? 'skipped: a rollout was active'
      : withWords('failed: the state of the rollout could not be seen', said(check.message));
  const restart = ended(pod?.status?.containerStatuses?.[0]);
  if (restart && restart.exitCode !== 0)
    return withWords(`failed with exit code ${restart.exitCode}`, said(restart.message));
  return withWords(`failed (${failed.reason ?? 'no reason given'})`, waitsFor(pod) || failed.message);
};

const ended = (one: ContainerStatus | undefined) => one?.state?.terminated;

const withWords = (what: string, words: string | undefined): string =>
  words === undefined || words === '' ? what : `${what}: ${words}`;

/** Why its containers have not begun: ImagePullBackOff, for instance. */
const waitsFor = (pod: Pod | undefined): string => {
  const all = [...(pod?.status?.initContainerStatuses ?? []), ...(pod?.status?.containerStatuses ?? [])];
  const reason = all.map(({ state }) => state?.waiting?.reason).find((one) => one && one !== 'PodInitializing');
  return reason === undefined ? '' : ` (${reason})`;
};
