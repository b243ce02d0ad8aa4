import type { Location, Query } from './paths.ts';

/** One request to the API server, in its own terms. */
export interface ApiRequest {
  /** As RBAC names it: get, list, watch, create, patch, delete. */
  readonly verb: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly location: Location;
  readonly query?: Query;
  readonly contentType?: string;
  readonly body?: string;
  /** It may change something: a dry run is none. */
  readonly changes: boolean;
  readonly signal: AbortSignal;
}
