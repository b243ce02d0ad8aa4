import type { TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import { RunbookError } from '../../../../engine/errors.ts';
import { worst } from '../../../../engine/finding.ts';
import type { Call } from '../../port.ts';
import type { TargetHealth } from './instances.ts';
import type { LoadBalancerApi } from './load-balancer-api.ts';
import type { Seen } from './seen.ts';
import type { EcsService } from '../service.ts';

/** The targets of the service's target groups. Undefined: it has none. */
export interface Targets {
  /** By address or EC2 instance; the worst of all groups. */
  readonly byId: ReadonlyMap<string, TargetHealth>;
  /** In the group where the fewest are. */
  readonly healthy: number;
  /** "2 healthy, 1 initial", "1 unhealthy (Target.ResponseCodeMismatch)". */
  readonly summary: string;
}

export interface LoadBalancer {
  /** Errors: `unreachable` where it may not be asked. */
  targets(seen: Seen, call: Pick<Call, 'signal'>): Promise<Targets | undefined>;
  /** The same; undefined as well where it may not or cannot be asked. */
  targetsIfSeen(seen: Seen, call: Pick<Call, 'signal'>): Promise<Targets | undefined>;
}

export const openLoadBalancer = (service: EcsService): LoadBalancer => {
  let opened: Promise<LoadBalancerApi> | undefined;
  const targets: LoadBalancer['targets'] = async (seen, call) => {
    if (seen.targetGroups.length === 0) return undefined;
    opened ??= import('./load-balancer-api.ts').then((module) => module.openLoadBalancerApi(service.session));
    const api = await opened;
    const health = async (groups: readonly string[]) =>
      (await Promise.all(groups.map((group) => api.targetHealth(group, call)))).flat();
    return combined(await Promise.all(seen.targetGroups.map(health)));
  };
  return {
    targets,
    targetsIfSeen: async (seen, call) => {
      try {
        return await targets(seen, call);
      } catch (error) {
        if (error instanceof RunbookError && (error.kind === 'unreachable' || error.kind === 'failed'))
          return undefined;
        throw error;
      }
    },
  };
};

const combined = (groups: readonly (readonly TargetHealthDescription[])[]): Targets => {
  const byId = new Map<string, TargetHealth>();
  const states = new Map<string, number>();
  for (const one of groups.flat()) {
    const health = judged(one);
    const id = one.Target?.Id ?? '';
    const known = byId.get(id);
    byId.set(id, known && worst([known.verdict, health.verdict]) === known.verdict ? known : health);
    states.set(health.detail, (states.get(health.detail) ?? 0) + 1);
  }
  return {
    byId,
    healthy: Math.min(...groups.map((group) => group.filter((one) => one.TargetHealth?.State === 'healthy').length)),
    summary: [...states].map(([state, count]) => `${count} ${state}`).join(', ') || 'no targets',
  };
};

const judged = ({ TargetHealth: health }: TargetHealthDescription): TargetHealth => {
  const state = health?.State ?? 'unknown';
  const why = health?.Reason === undefined ? '' : ` (${health.Reason})`;
  const verdict = state === 'healthy' ? 'ok' : state === 'unhealthy' ? 'critical' : 'unknown';
  return { verdict, detail: state === 'healthy' ? 'healthy' : `${state} in the load balancer${why}` };
};
