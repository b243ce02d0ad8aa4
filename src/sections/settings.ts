import type { ActedOn, ActedOnEnvironment } from '../config/check/not-yet.ts';

/** What the configuration says, with the environment that was selected. Secrets are references. */
export interface Settings {
  readonly config: ActedOn;
  readonly name: string;
  readonly environment: ActedOnEnvironment;
}
