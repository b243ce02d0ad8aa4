import { procedureFor } from '../engine/procedure/build.ts';
import type { CapabilityPorts } from '../providers/catalogue.ts';
import type { Http } from '../providers/http/port.ts';
import type { Settings } from './settings.ts';

/** Everything a procedure can ask for, opened only when a step asks for it: the configured capabilities, and what every environment has. */
export interface Ports extends CapabilityPorts {
  /** What the configuration says about the selected environment; secrets are references. */
  readonly settings: Settings;
  readonly http: Http;
}
export type PortName = keyof Ports;

/** The builders of the runbook's procedures: `look` for what only reads, `procedure` for everything else. */
export const { look, procedure } = procedureFor<Ports>();

/** What a step needs that uses one port: steps that several procedures share ask for no more. */
export type Has<Name extends PortName> = { readonly [N in Name]: () => Promise<Ports[N]> };
