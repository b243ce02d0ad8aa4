import * as z from 'zod/mini';
import { capabilities, loadCapabilities, teamCapabilities } from '../providers/catalogue.ts';
import type { Capabilities, CapabilitySchemas, TeamCapabilitySchemas } from '../providers/catalogue.ts';
import { environment } from './schema/environment.ts';
import { mapping, named, optional, optionals, text } from './schema/leaf.ts';
import { runbookDocument, service } from './schema/service.ts';
import { alerts, audit, escalation, externalServices, handoff, lock, maintenance, thresholds } from './schema/team.ts';

const build = (ofEnvironments: CapabilitySchemas, ofTeams: TeamCapabilitySchemas) =>
  mapping({
    version: z.literal(1, '1'),
    service: service(),
    document: optional(runbookDocument()),
    defaultEnvironment: optional(text('the name of an environment')),
    environments: named(environment(ofEnvironments), { least: 1, of: 'environment names' }),
    thresholds: thresholds(),
    externalServices: externalServices(),
    alerts: alerts(),
    escalation: optional(escalation()),
    handoff: optional(handoff()),
    maintenance: maintenance(),
    ...optionals(ofTeams),
    audit: audit(),
    lock: lock(),
  });

export type Config = z.output<ReturnType<typeof build>>;
export type EnvironmentConfig = Config['environments'][string];

/** What a configuration may say, as the capabilities of the catalogue describe themselves. */
export interface ConfigDescription {
  /** The whole of runbook.config.yaml: names are fixed, any other key is an error, defaults are filled in. */
  readonly schema: ReturnType<typeof build>;
  readonly capabilities: Capabilities;
  readonly team: Capabilities;
}

let described: Promise<ConfigDescription> | undefined;

/** Loaded once, and only where a configuration has to be read anew. */
export const describeConfig = (): Promise<ConfigDescription> => (described ??= describe());

const describe = async (): Promise<ConfigDescription> => {
  const [ofEnvironments, ofTeams] = await Promise.all([
    loadCapabilities(capabilities),
    loadCapabilities(teamCapabilities),
  ]);
  return {
    schema: build(schemasOf(ofEnvironments), schemasOf(ofTeams)),
    capabilities: ofEnvironments,
    team: ofTeams,
  };
};

const schemasOf = <const All extends Capabilities>(
  all: All,
): { readonly [Key in keyof All]: ReturnType<All[Key]['schema']> } =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same keys
  Object.fromEntries(Object.entries(all).map(([key, { schema }]) => [key, schema()])) as {
    readonly [Key in keyof All]: ReturnType<All[Key]['schema']>;
  };
