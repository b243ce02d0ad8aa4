import type { Remark } from '../../providers/capability.ts';
import { commandSites } from '../schema/placeholders.ts';
import type { CommandSite } from '../schema/placeholders.ts';
import type { Config, ConfigDescription, EnvironmentConfig } from '../schema.ts';
import { presentButNotActedOn } from './not-yet.ts';

/** What the schema and the capabilities say of a valid configuration. Kept with it, so that it need not be asked again. */
export interface ConfigFacts {
  readonly commands: readonly CommandSite[];
  /** With the whole path. */
  readonly remarks: readonly Remark[];
  /** Keys that nothing in this version acts on. */
  readonly unused: readonly (readonly string[])[];
}

export const factsOf = (
  config: Config,
  has: (path: readonly string[]) => boolean,
  description: ConfigDescription,
): ConfigFacts => ({
  commands: commandSites(description.schema, config),
  remarks: Object.entries(config.environments).flatMap(([name, environment]) =>
    remarksOn(name, environment, description).map((remark) => ({
      ...remark,
      path: ['environments', name, ...remark.path],
    })),
  ),
  unused: presentButNotActedOn(config, has, description),
});

const remarksOn = (
  name: string,
  environment: EnvironmentConfig,
  { capabilities }: ConfigDescription,
): readonly Remark[] =>
  Object.entries(capabilities).flatMap(([key, { remarks }]) => {
    const config: unknown = Reflect.get(environment, key);
    return config === undefined
      ? []
      : (remarks?.(config, { name, environment, workload: environment.workload?.provider }) ?? []);
  });
