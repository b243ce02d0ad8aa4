import * as z from 'zod/mini';
import type { Change } from '../../../../engine/change.ts';
import { listing } from '../../../../words/listing.ts';
import { formatDuration } from '../../../../words/ages.ts';
import { RunbookError } from '../../../../engine/errors.ts';
import type { Finding } from '../../../../engine/finding.ts';
import type { JsonObject } from '../../../../engine/json.ts';
import { operation } from '../../shared/operation.ts';
import type { Call, NoInput, Operation, Scheduling } from '../../port.ts';
import { cronOf, nextRun } from './interval.ts';
import { onDelete } from '../rollout/rollout.ts';
import { scheduleName, scheduleParts, type SchedulePart } from './schedule-objects.ts';
import { findPart, type PresentPart, putPart, removePart } from './schedule-parts.ts';
import { listSchedules } from './schedule-runs.ts';
import type { Service } from '../service.ts';
import { resourceOf } from '../objects/objects.ts';
import { counted } from '../../../../words/counts.ts';

/** Restarts at fixed times by a CronJob with a ServiceAccount, a Role and a RoleBinding of its own, which `rb` is no part of any more. */
export const scheduling = (service: Service): Scheduling => ({
  list: ({ signal }) => listSchedules(service, signal),
  add: addOperation(service),
  remove: removeOperation(service),
});

const AddData = z.object({ everyMs: z.number(), cron: z.string(), image: z.string() });
type AddData = z.output<typeof AddData>;

const addOperation = (service: Service): Operation<{ readonly everyMs: number }> =>
  operation({
    change: AddData,
    plan: ({ everyMs }, call) => planAdd(service, everyMs, call),
    apply: async ({ data: { cron, image } }, { signal }) => {
      // One after another, the CronJob last: it never runs without its rights.
      for (const part of scheduleParts(service, cron, image)) await putPart(service, part, { signal });
    },
    verify: ({ data }, call) => verifyAdd(service, data, call),
  });

const planAdd = async (service: Service, everyMs: number, { signal, clock }: Call): Promise<Change<AddData>> => {
  const { config } = service;
  const cron = cronOf(everyMs);
  const image = config.scheduleImage;
  if (image === undefined)
    throw new RunbookError('usage', 'no image with kubectl is configured for scheduled restarts', {
      next: ['add to runbook.config.yaml, under restart.schedule: image: registry.example.com/kubectl:1.36.3'],
    });
  const parts = scheduleParts(service, cron, image);
  const [snapshot, present] = await Promise.all([
    service.read(signal),
    Promise.all(parts.map((part) => findPart(service, part, signal))),
    ...parts.map((part) => putPart(service, part, { signal, dryRun: true })),
  ]);
  if (snapshot.strategy === 'OnDelete')
    throw new RunbookError('refused', `${service.target.name} is not restarted by a rollout: ${onDelete}`);
  const name = scheduleName(service);
  const before = seenOf(present.at(-1));
  const data: AddData = { everyMs, cron, image };
  return {
    summary: `restart ${config.service} every ${formatDuration(everyMs)} from now on, by CronJob ${name}`,
    target: service.target,
    blastRadius: [
      `each run restarts all ${counted(snapshot.replicas, 'instance')}, rolling; the first at ${utc(nextRun(everyMs, clock.now()))}`,
      'a run is left out while a rollout is active, or while the run before is not over',
      `its ServiceAccount may read and patch ${service.target.name}, and nothing else`,
    ],
    equivalent: commands(service, data),
    ...(before ? { difference: differenceOf(before, data) } : {}),
    undo: 'rb restart --unschedule',
    basis: { uid: snapshot.uid, present: before ?? null },
    affects: ['present'],
    data,
  };
};

interface Seen extends JsonObject {
  readonly schedule: string;
  readonly image: string;
  readonly suspended: boolean;
}

const seenOf = (cronJob: PresentPart | undefined): Seen | undefined =>
  cronJob && {
    schedule: cronJob.spec?.schedule ?? '',
    image: cronJob.spec?.jobTemplate?.spec?.template?.spec?.containers?.[0]?.image ?? '',
    suspended: cronJob.spec?.suspend ?? false,
  };

const differenceOf = (before: Seen, { cron, image }: AddData): readonly string[] => [
  ...(before.schedule === cron ? [] : [`- schedule: ${before.schedule}`, `+ schedule: ${cron}`]),
  ...(before.image === image ? [] : [`- image: ${before.image}`, `+ image: ${image}`]),
  ...(before.suspended ? ['- suspended', '+ not suspended'] : []),
];

const utc = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const commands = (service: Service, { cron, image }: AddData): readonly string[] => {
  const { kind, name: of } = service.config;
  const name = scheduleName(service);
  const { namespace } = service.client.identity;
  const { plural } = resourceOf[kind];
  return [
    service.kubectl('create', 'serviceaccount', name),
    service.kubectl(
      'create',
      'role',
      name,
      '--verb=get,list,watch,patch',
      `--resource=${plural}.apps`,
      `--resource-name=${of}`,
    ),
    service.kubectl('create', 'rolebinding', name, `--role=${name}`, `--serviceaccount=${namespace}:${name}`),
    `${service.kubectl('create', 'cronjob', name, `--image=${image}`, `--schedule='${cron}'`)} -- kubectl rollout restart ${kind}/${of}   (as this ServiceAccount, after kubectl rollout status)`,
  ];
};

const verifyAdd = async (
  service: Service,
  { cron, image, everyMs }: AddData,
  { signal, clock }: Call,
): Promise<Finding> => {
  const parts = scheduleParts(service, cron, image);
  const present = await Promise.all(parts.map((part) => findPart(service, part, signal)));
  const missing = parts.filter((_, index) => present[index] === undefined);
  if (missing.length > 0) return { verdict: 'critical', summary: `not there: ${titles(missing)}` };
  const now = seenOf(present.at(-1));
  if (!now || now.schedule !== cron || now.image !== image || now.suspended)
    return { verdict: 'critical', summary: `CronJob ${scheduleName(service)} is not as planned: ${now?.schedule}` };
  return {
    verdict: 'ok',
    summary: `CronJob ${scheduleName(service)} restarts it: ${cron} (UTC), next at ${utc(nextRun(everyMs, clock.now()))}`,
  };
};

const titles = (parts: readonly SchedulePart[]): string =>
  listing(parts.map(({ body }) => `${body.kind} ${body.metadata.name}`));

const removeOperation = (service: Service): Operation<NoInput> =>
  operation({
    change: z.null(),
    plan: (_, call) => planRemove(service, call),
    apply: async (_, { signal }) => {
      for (const { part } of await presentParts(service, signal)) await removePart(service.client, part, { signal });
    },
    verify: async (_, { signal }) => {
      const left = (await presentParts(service, signal)).map(({ part }) => part);
      return left.length === 0
        ? { verdict: 'ok', summary: `no restarts of ${service.config.service} are scheduled by rb any more` }
        : { verdict: 'critical', summary: `still there: ${titles(left)}` };
    },
  });

/** The CronJob first: it must not run without its rights. */
const presentParts = async (
  service: Service,
  signal: AbortSignal,
): Promise<readonly { readonly part: SchedulePart; readonly seen: PresentPart }[]> => {
  const parts = scheduleParts(service, '', '').toReversed();
  const seen = await Promise.all(parts.map((part) => findPart(service, part, signal)));
  return parts.flatMap((part, index) => {
    const one = seen[index];
    return one ? [{ part, seen: one }] : [];
  });
};

const planRemove = async (service: Service, { signal }: Call): Promise<Change<null>> => {
  const present = await presentParts(service, signal);
  if (present.length === 0)
    throw new RunbookError('refused', `no restarts of ${service.config.service} are scheduled by rb`, {
      next: ['rb restart schedules'],
    });
  await Promise.all(present.map(({ part }) => removePart(service.client, part, { signal, dryRun: true })));
  const cronJob = present.find(({ part }) => part.body.kind === 'CronJob');
  const schedule = cronJob?.seen.spec?.schedule;
  return {
    summary: `no more scheduled restarts of ${service.config.service}${schedule === undefined ? '' : ` (${schedule})`}`,
    target: service.target,
    blastRadius: [`takes away ${titles(present.map(({ part }) => part))}`],
    equivalent: present.map(({ part }) => service.kubectl('delete', part.resource.plural, part.body.metadata.name)),
    undo: 'rb restart --every <interval>',
    basis: { present: present.map(({ seen }) => seen.metadata.uid) },
    affects: ['present'],
    data: null,
  };
};
