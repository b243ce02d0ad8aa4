import type { JsonObject } from '../../engine/json.ts';
import type { Says } from './words.ts';

/** What to ask and what the answer must be. */
export interface Probe {
  readonly url: string;
  /** Default 200. */
  readonly status?: number;
  /** Fields that the JSON body must have with exactly these values; more fields may be there. */
  readonly body?: JsonObject;
  /** The field of the body that holds the measured latency, in milliseconds. */
  readonly latencyField?: string;
  readonly timeoutMs: number;
}

/** Why a probe did not get the answer it wanted. */
export type ProbeFailure =
  | 'nxdomain'
  | 'servfail'
  | 'refused'
  | 'timeout'
  | 'tls'
  | 'reset'
  | 'network' // no answer
  | 'redirect'
  | 'status'
  | 'not-json'
  | 'body' // an answer that is not healthy
  | 'unreadable' // an answer, healthy or not: it was cut, or cannot be understood
  | 'forbidden'; // an address that must not be asked

export interface ProbeResult {
  readonly url: string;
  readonly healthy: boolean;
  /** Whole request, in milliseconds. */
  readonly ms: number;
  readonly failure?: ProbeFailure;
  /** One phrase: `HTTP 503`, `status is "degraded", expected "ok"`, `connection refused`. */
  readonly detail: string;
  readonly httpStatus?: number;
  readonly body?: JsonObject;
  /** What the body says, healthy or not; undefined where it says nothing that is understood. */
  readonly says?: Says;
  /** What the service itself reports in `latencyField`. */
  readonly reportedLatencyMs?: number;
}

export interface Http {
  /** Never rejects for what the other side does; rejects with the signal's reason when aborted. Follows no redirect to another host. */
  probe(probe: Probe, signal: AbortSignal): Promise<ProbeResult>;
}

/** An answer that cannot be read is not known to be healthy, nor to be unhealthy. */
export const probeVerdict = ({
  healthy,
  failure,
}: Pick<ProbeResult, 'healthy' | 'failure'>): 'ok' | 'unknown' | 'critical' =>
  healthy ? 'ok' : failure === 'unreadable' ? 'unknown' : 'critical';
