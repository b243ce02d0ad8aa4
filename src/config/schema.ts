import * as z from 'zod/mini';
import { environment } from './schema/environment.ts';
import { mapping, named, optional, text } from './schema/leaf.ts';
import { runbookDocument, service } from './schema/service.ts';
import {
  alerts,
  audit,
  escalation,
  externalServices,
  handoff,
  lock,
  maintenance,
  notify,
  thresholds,
  tickets,
} from './schema/team.ts';

const build = () =>
  mapping({
    version: z.literal(1, '1'),
    service: service(),
    document: optional(runbookDocument()),
    defaultEnvironment: optional(text('the name of an environment')),
    environments: named(environment(), { least: 1, of: 'environment names' }),
    thresholds: thresholds(),
    externalServices: externalServices(),
    alerts: alerts(),
    escalation: optional(escalation()),
    handoff: optional(handoff()),
    maintenance: maintenance(),
    notify: notify(),
    tickets: optional(tickets()),
    audit: audit(),
    lock: lock(),
  });

/** The whole of runbook.config.yaml: names are fixed, any other key is an error, defaults are filled in. */
export const configSchema = build();

export type Config = z.output<ReturnType<typeof build>>;
export type EnvironmentConfig = Config['environments'][string];
type Section<Name extends keyof EnvironmentConfig> = NonNullable<EnvironmentConfig[Name]>;
export type HealthConfig = Section<'health'>;
export type WorkloadConfig = Section<'workload'>;
export type CommandWorkloadConfig = Extract<WorkloadConfig, { provider: 'command' }>;
export type EcsWorkloadConfig = Extract<WorkloadConfig, { provider: 'ecs' }>;
export type KubernetesWorkloadConfig = Extract<WorkloadConfig, { provider: 'kubernetes' }>;
