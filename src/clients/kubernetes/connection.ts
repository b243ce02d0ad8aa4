import type { Endpoint } from '../http/endpoint.ts';
import type { ClusterIdentity } from './port.ts';

/** An API server, and the place in its cluster that is meant. */
export interface Connection extends Endpoint {
  readonly identity: ClusterIdentity;
  /** Whether long answers may come compressed. */
  readonly compression: boolean;
}
