/** How the tasks of a task definition, or of one deployment, behave. Times are seconds of the played time. */
export interface TaskBehaviour {
  /** From its creation to RUNNING. */
  readonly startsIn: number;
  /** From RUNNING to HEALTHY, and to a healthy target of the load balancer. */
  readonly healthyIn: number;
  /** How long it stays in DEACTIVATING: deregistered from the load balancer, connections drained. */
  readonly drainsIn: number;
  /** How long it stays in STOPPING: from SIGTERM to the end of its containers. */
  readonly stopsIn: number;
  /** It never gets out of this state again. */
  readonly hangsIn?: 'DEACTIVATING' | 'STOPPING';
  /** It never runs: the reason of the task, and of its container. */
  readonly cannotStart?: string;
  /** Its container ends by itself, so many seconds after it began to run. */
  readonly exits?: { readonly after: number; readonly code: number; readonly reason?: string };
  /** It runs and fails its health checks. */
  readonly unhealthy?: boolean;
  /** What its container writes, from the moment it runs: one line each 100 ms. */
  readonly log: readonly string[];
}

export const healthy: TaskBehaviour = {
  startsIn: 10,
  healthyIn: 5,
  drainsIn: 5,
  stopsIn: 5,
  log: ['listening on port 8080'],
};

/** The image is not there. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html */
export const cannotPull = (image: string): TaskBehaviour => ({
  ...healthy,
  cannotStart: `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${image}: ${image}: not found`,
});

/** The program ends right after its start. Exit code 137 with this reason is the kernel's out-of-memory killer. */
export const crashes = (code: number, log: readonly string[], after = 2): TaskBehaviour => ({
  ...healthy,
  log,
  exits: {
    after,
    code,
    ...(code === 137 ? { reason: 'OutOfMemoryError: Container killed due to memory usage' } : {}),
  },
});

export const neverHealthy: TaskBehaviour = { ...healthy, unhealthy: true };

/** It does not end when it is told to: for so many seconds, or never. */
export const hangs = (state: 'DEACTIVATING' | 'STOPPING', seconds?: number): TaskBehaviour => {
  if (seconds === undefined) return { ...healthy, hangsIn: state };
  return state === 'STOPPING' ? { ...healthy, stopsIn: seconds } : { ...healthy, drainsIn: seconds };
};
