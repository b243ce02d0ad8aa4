import type { Config, EnvironmentConfig } from '../config/schema.ts';

/** What the configuration says, with the environment that was selected. Secrets are references. */
export interface Settings {
  readonly config: Config;
  readonly name: string;
  readonly environment: EnvironmentConfig;
}
