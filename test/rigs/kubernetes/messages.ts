import type { ClusterState, Component } from './state.ts';

export interface SupervisorSettings {
  readonly directory: string;
  readonly nodes: number;
  /** The cluster outlives the process that started it, and ends with this one. */
  readonly ownerPid?: number;
}

export type SupervisorReport = { readonly ready: ClusterState } | { readonly failed: string };

export interface ControlRequest {
  readonly id: number;
  readonly verb: 'start' | 'stop';
  readonly component: Component;
}

export interface ControlAnswer {
  readonly id: number;
  readonly pid: number;
  readonly failed?: string;
}
