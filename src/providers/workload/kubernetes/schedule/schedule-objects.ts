import { digest } from '../../../../engine/change.ts';
import type { JsonObject } from '../../../../engine/json.ts';
import type { Resource } from '../../../../clients/kubernetes/port.ts';
import { resourceOf } from '../objects/objects.ts';
import * as shapes from '../objects/shapes.ts';
import type { Service } from '../service.ts';

/** The four objects of a scheduled restart, in the order in which they are made. They are taken away the other way round. */
export type ScheduleObject = JsonObject & {
  readonly kind: string;
  readonly metadata: JsonObject & { readonly name: string };
};
export interface SchedulePart {
  readonly resource: Resource;
  readonly body: ScheduleObject;
}

const rbac = 'rbac.authorization.k8s.io';
export const scheduleResources = {
  serviceAccount: { api: 'v1', plural: 'serviceaccounts', shape: shapes.plain },
  role: { api: `${rbac}/v1`, plural: 'roles', shape: shapes.plain },
  roleBinding: { api: `${rbac}/v1`, plural: 'rolebindings', shape: shapes.plain },
  cronJob: { api: 'batch/v1', plural: 'cronjobs', shape: shapes.cronJob },
  jobs: { api: 'batch/v1', plural: 'jobs', shape: shapes.job },
} as const satisfies Record<string, Resource>;

/** A CronJob's name may have 52 characters, a label's value 63. */
const longestName = 52;

/** All four have this name. Long ones are shortened and told apart by a digest. */
export const scheduleName = ({ config: { kind, name } }: Pick<Service, 'config'>): string => {
  const full = `rb-restart-${kind}-${name.replaceAll('.', '-')}`;
  if (full.length <= longestName && !name.includes('.')) return full;
  const mark = digest([kind, name]).slice(0, 8);
  return `${full.slice(0, longestName - mark.length - 1).replace(/(?<!-)-+$/, '')}-${mark}`;
};

/** What `rb` made for this workload, and nothing else, has all of these. */
export const scheduleLabels = (service: Pick<Service, 'config'>): Readonly<Record<string, string>> => ({
  'app.kubernetes.io/managed-by': 'rb',
  'app.kubernetes.io/component': 'scheduled-restart',
  'runbook.rb/restarts': scheduleName(service),
});

export const labelSelector = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

export const skipCheck = 'no-rollout-active';
const rolloutWithin = '5s';

/** How long a run may take, its image included; one that hangs would keep all others from running. */
const runForSeconds = 600;
/** A run that is late by more is left out. */
const lateBySeconds = 300;

export const scheduleParts = (service: Service, cron: string, image: string): readonly SchedulePart[] => {
  const { config } = service;
  const { namespace } = service.client.identity;
  const name = scheduleName(service);
  const labels = scheduleLabels(service);
  const metadata = { name, namespace, labels };
  const { plural } = resourceOf[config.kind];
  return [
    {
      resource: scheduleResources.serviceAccount,
      body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false },
    },
    {
      resource: scheduleResources.role,
      body: {
        apiVersion: `${rbac}/v1`,
        kind: 'Role',
        metadata,
        // Exactly what `kubectl rollout status` and `kubectl rollout restart` ask for, on this one object.
        rules: [
          {
            apiGroups: ['apps'],
            resources: [plural],
            resourceNames: [config.name],
            verbs: ['get', 'list', 'watch', 'patch'],
          },
        ],
      },
    },
    {
      resource: scheduleResources.roleBinding,
      body: {
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: rbac, kind: 'Role', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      },
    },
    { resource: scheduleResources.cronJob, body: cronJob(service, { cron, image, name, labels }) },
  ];
};

const cronJob = (
  service: Service,
  of: { readonly cron: string; readonly image: string; readonly name: string; readonly labels: JsonObject },
): ScheduleObject => {
  const { name, labels } = of;
  const { kind } = service.config;
  const object = `${kind}/${service.config.name}`;
  const container = (title: string, command: readonly string[]): JsonObject => ({
    name: title,
    image: of.image,
    command: ['kubectl', ...command],
    // Its last words are kept in the pod's status: why it failed can be told without its log.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '128Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  });
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, namespace: service.client.identity.namespace, labels },
    spec: {
      schedule: of.cron,
      timeZone: 'Etc/UTC',
      suspend: false,
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: lateBySeconds,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        metadata: { labels },
        spec: {
          backoffLimit: 0,
          activeDeadlineSeconds: runForSeconds,
          template: {
            metadata: { labels },
            spec: {
              serviceAccountName: name,
              automountServiceAccountToken: true,
              restartPolicy: 'Never',
              securityContext: {
                runAsNonRoot: true,
                runAsUser: 65_532,
                seccompProfile: { type: 'RuntimeDefault' },
              },
              initContainers: [container(skipCheck, ['rollout', 'status', object, `--timeout=${rolloutWithin}`])],
              containers: [container('restart', ['rollout', 'restart', object])],
            },
          },
        },
      },
    },
  };
};
