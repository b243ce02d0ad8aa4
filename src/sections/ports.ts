import { procedureFor } from '../engine/procedure/build.ts';
import type { Database } from '../providers/database/port.ts';
import type { Http } from '../providers/http/port.ts';
import type { LogSource } from '../providers/logs/port.ts';
import type { Workload } from '../providers/workload/port.ts';
import type { Settings } from './settings.ts';

/** Everything a procedure can ask for. Opened by `cli/adapters.ts`, only when a step asks for it. */
export interface Ports {
  /** What the configuration says about the selected environment; secrets are references. */
  readonly settings: Settings;
  readonly workload: Workload;
  readonly http: Http;
  /** The configured server, with its replicas. */
  readonly database: Database;
  readonly logs: LogSource;
}
export type PortName = keyof Ports;

/** The builders of the runbook's procedures: `look` for what only reads, `procedure` for everything else. */
export const { look, procedure } = procedureFor<Ports>();

/** What a step needs that uses one port: steps that several procedures share ask for no more. */
export type Has<Name extends PortName> = { readonly [N in Name]: () => Promise<Ports[N]> };
