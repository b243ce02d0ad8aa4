import type { Procedure, Step } from '../engine/procedure.ts';
import { words } from '../engine/steps.ts';
import type { Words } from '../engine/steps.ts';
import type { Database } from '../providers/database/port.ts';
import type { Http } from '../providers/http/port.ts';
import type { LogSource } from '../providers/logs/port.ts';
import type { Workload } from '../providers/workload/port.ts';
import type { Settings } from './settings.ts';

/** Everything a procedure can ask for. Opened by `cli/adapters.ts`, only when asked for. */
export interface Ports {
  /** What the configuration says about the selected environment; secrets are references. */
  readonly settings: Settings;
  readonly workload: Workload;
  /** The same where one is configured. */
  readonly workloadIfAny: Workload | undefined;
  readonly http: Http;
  /** The configured server, with its replicas. */
  readonly database: Database;
  /** Undefined where the configuration names no log source. */
  readonly logs: LogSource | undefined;
}
export type PortName = keyof Ports;

type Definition<Input, Need extends PortName> = Omit<Procedure<Input, Pick<Ports, Need>>, 'needs' | 'steps'> & {
  readonly needs: readonly Need[];
  readonly steps: (say: Words<Input, Pick<Ports, Need>>) => readonly Step<Input, Pick<Ports, Need>>[];
};

/** A procedure of the runbook. `needs` decides which ports its steps see. */
export const procedure = <Input, const Need extends PortName>(
  definition: Definition<Input, Need>,
): Procedure<Input, Pick<Ports, Need>> => ({
  ...definition,
  steps: definition.steps(words()),
});
