import type { OpenMirror } from '../../../clients/kubernetes/mirror.ts';

export type Kind = 'deployment' | 'statefulset' | 'daemonset';

/** Which object in the configured namespace is the service, and what the team says about it. */
export interface KubernetesWorkloadConfig {
  readonly kind: Kind;
  readonly name: string;
  /** The container whose image is the version; default: what `kubectl.kubernetes.io/default-container` names, else the first. */
  readonly container?: string | undefined;
  /** The service's name, for sentences. */
  readonly service: string;
  /** How long the pods may take to finish what they are doing when everything is stopped. */
  readonly drainMs: number;
  /** How long a rollout may go without an end where the object itself names no deadline (StatefulSet, DaemonSet). */
  readonly readyTimeoutMs: number;
  /** So many unhealthy answers mean that something failed. */
  readonly unhealthyThreshold: number;
  readonly scaling?: { readonly min?: number | undefined; readonly max?: number | undefined } | undefined;
  /** The image with kubectl on its PATH that scheduled restarts run in. */
  readonly scheduleImage?: string | undefined;
}

export interface KubernetesWorkloadDeps {
  readonly openMirror: OpenMirror;
  /** Takes the secrets out of log lines. Needed before they are shortened: half a secret is not recognised any more. */
  readonly redact: (text: string) => string;
}
