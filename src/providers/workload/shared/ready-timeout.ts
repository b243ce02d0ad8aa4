/** How long an instance or a rollout may take, in milliseconds, where the configuration only says how long a restart usually takes. */
export const readyTimeoutFor = (expectedMinutes: number | undefined): number =>
  Math.max(2, expectedMinutes ?? 0) * 60_000;
