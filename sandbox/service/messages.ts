/**
 * How an instance can be told to fail.
 *
 * - `unhealthy`: answers 503 to its health checks
 * - `crash`: ends soon after it has started
 * - `slow`: takes a second longer for each answer
 * - `slow-start`: is not ready during its first five seconds
 * - `errors`: is healthy, but answers every third request with 500
 */
export const failures = ['unhealthy', 'crash', 'slow', 'slow-start', 'errors'] as const;
export type Failure = (typeof failures)[number];
export type Mode = Failure | 'well';

/** Whether a word names a failure. */
export const isFailure = (word: string | undefined): word is Failure =>
  (failures as readonly (string | undefined)[]).includes(word);

/** What an instance is told when it is started: one JSON argument, without secrets. */
export interface InstanceSettings {
  readonly id: string;
  readonly version: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly port?: number;
  readonly mode: Mode;
  readonly logFile: string;
  readonly drainMs: number;
  /** Holds `services.json`, with the URLs of the database and the cache. */
  readonly runtime: string;
}

/** From the supervisor to an instance. */
export interface SetMode {
  readonly mode: Mode;
}

/** From an instance, or the load balancer, to the supervisor: it listens. */
export interface Listening {
  readonly listening: true;
  readonly port: number;
  readonly tlsPort?: number;
}

/** From the supervisor to the load balancer; everything each time, so that no order matters. */
export interface Routing {
  readonly backends: readonly { readonly key: string; readonly port: number }[];
  readonly maintenance: boolean;
  readonly tls: { readonly certificate: string; readonly key: string };
}
/** The header by which an instance knows the load balancer's own health check. */
export const balancerHeader = 'x-load-balancer-check';
