import type * as z from 'zod/mini';
import type { Clock } from '../engine/clock.ts';
import type { TextFilter } from '../clients/process/output.ts';
import type { EnvironmentBase } from '../config/schema/environment.ts';
import type { Http } from './http/port.ts';

/** What every adapter is opened with. */
export interface Surroundings {
  /** The service's name. */
  readonly service: string;
  /** The selected environment's name. */
  readonly name: string;
  /** What the environment says for all capabilities: health, restart, scaling. */
  readonly environment: EnvironmentBase;
  /** Where relative paths of the configuration begin, and its commands run. */
  readonly directory: string;
  readonly home: string;
  /** The account that runs rb; empty where it has no name. */
  readonly login: string;
  /** The environment of this process; programs get a minimal part of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly http: () => Promise<Http>;
  /** A part of the capability's configuration, with what its references stand for. Errors: `usage` for a reference that leads nowhere. */
  readonly resolve: <Value>(part: Value) => Promise<Value>;
  readonly redact: (text: string) => string;
  readonly redactStream: () => TextFilter;
  /** Given every secret that an adapter finds by itself, before it is used. */
  readonly remember: (name: string, secret: string) => void;
}

/** What is looked at besides a capability's own configuration. */
export interface Beside {
  /** The environment's. */
  readonly name: string;
  readonly environment: EnvironmentBase;
  /** What runs the service: `kubernetes`, `ecs`, `command`; undefined where no workload is configured. */
  readonly workload: string | undefined;
}

/** Something that a valid configuration has and this capability cannot use. */
export interface Remark {
  /** Below the environment. */
  readonly path: readonly string[];
  readonly level: 'error' | 'warn';
  readonly message: string;
}

/** Something that is run or contacted beyond the commands and addresses that stand in the configuration. */
export interface Reached {
  readonly does: 'run' | 'contact';
  /** Below the capability's own key. */
  readonly path: readonly (string | number)[];
  readonly what: string;
  /** Of a program that is run: its words, which whoever shows them puts in quotes. */
  readonly words?: readonly string[];
}

interface Optional<Config> {
  /** Opens the adapter that is configured. A capability without it is checked, and nothing in this version acts on it. */
  readonly open?: (config: Config, around: Surroundings) => Promise<unknown>;
  readonly remarks?: (config: Config, beside: Beside) => readonly Remark[];
  /** Asked before a configuration is trusted. */
  readonly reaches?: (config: Config) => readonly Reached[];
  /** Keys, below its own, that nothing in this version acts on. */
  readonly notYet?: (config: Config) => readonly (readonly string[])[];
}

/** A capability, as any reader of the catalogue may see it. */
// oxlint-disable-next-line typescript/no-explicit-any -- each has a configuration of its own
export interface AnyCapability extends Optional<any> {
  /** Made where a configuration has to be checked: what opens an adapter does without. */
  readonly schema: () => z.core.$ZodType;
  /** At its shortest, as lines below the environment's name. */
  readonly example: string;
}

/** Describes a capability: what its configuration is, and what opens it. */
export const capabilityOf = <const Schema extends z.core.$ZodType, More extends Optional<z.core.output<Schema>>>(
  described: { readonly schema: () => Schema; readonly example: string } & More,
) => described;

/** Logs, metrics and hosts may be those of the workload's platform: then that is where they are. */
export const ofTheWorkload = (key: string, provider: string, { name, workload }: Beside): readonly Remark[] =>
  (provider === 'kubernetes' || provider === 'ecs') && workload !== provider
    ? [
        {
          path: [key, 'provider'],
          level: 'error',
          message: `${provider} needs \`workload\` of ${name} to be ${provider} too: it says where`,
        },
      ]
    : [];
