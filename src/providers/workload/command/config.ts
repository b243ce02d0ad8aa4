import type { Http } from '../../http/port.ts';
import type { Environment } from '../../../clients/process/environment.ts';
import type { TextFilter } from '../../../clients/process/output.ts';
import type { CommandSpec, runCommand } from '../../../clients/process/run.ts';
import type { commandStillRunning } from '../../../clients/process/running.ts';

/** The commands of a workload, resolved. Only `instances` is needed to look; what is changed needs its own command. */
export interface CommandWorkloadConfig {
  /** The service's name; `{{service}}` in commands. */
  readonly name: string;
  /** Where relative programs begin. */
  readonly cwd: string;
  /** More that commands may fill in, by name: `environment`. */
  readonly values?: Readonly<Record<string, string>> | undefined;
  /** Prints one name a line, or a JSON array or JSON lines of names or `{id, state?, url?, version?, startedAt?, ...}`. */
  readonly instances: CommandSpec;
  /** Prints a line for people, or `{"desired": n, "note": "..."}`. */
  readonly status?: CommandSpec | undefined;
  readonly stop?: CommandSpec | undefined;
  /** Gets `{{count}}`: how many there were. */
  readonly start?: CommandSpec | undefined;
  /** Gets `{{instance}}`. */
  readonly restartInstance?: CommandSpec | undefined;
  /** Gets `{{count}}`. */
  readonly scale?: CommandSpec | undefined;
  readonly rollback?: CommandSpec | undefined;
  /** A URL with `{{instance}}` or any field that `instances` prints: `{{url}}/health`. */
  readonly instanceHealth?: string | undefined;
  readonly healthTimeoutMs: number;
  /** So many unhealthy answers, one a second, after a restart mean that it failed. */
  readonly unhealthyThreshold: number;
  /** How long an instance may take to come back; see `readyTimeoutFor`. */
  readonly readyTimeoutMs: number;
  /** How long the instances may take to finish what they are doing when everything is stopped. */
  readonly drainMs: number;
  readonly scaling?: { readonly min?: number | undefined; readonly max?: number | undefined } | undefined;
}

export interface CommandWorkloadDeps {
  readonly http: Http;
  readonly run: typeof runCommand;
  /** Takes the secrets out of what a command said. Needed before it is shortened: half a secret is not recognised any more. */
  readonly redact: (text: string) => string;
  /** The same while it is still talking: a secret may be cut by the end of a line. Default: nothing is taken out. */
  readonly redactStream?: () => TextFilter;
  /** The parent's environment; commands get a minimal part of it. */
  readonly environment: Environment;
  /** Default: looks through the processes of this machine. */
  readonly stillRunning?: typeof commandStillRunning;
}
