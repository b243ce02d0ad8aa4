/** What the supervisor is started with: one JSON argument. */
export interface SupervisorSettings {
  /** Absolute. */
  readonly directory: string;
  readonly runtime: string;
  readonly database: boolean;
  readonly cache: boolean;
  /** Take the ports of the example where they are free. */
  readonly preferExamplePorts: boolean;
  /** Goes on when the process that started it has ended. */
  readonly outlive: boolean;
}

/** From the supervisor to the process that started it. */
export type StartReport = { readonly ready: true } | { readonly failed: string };
