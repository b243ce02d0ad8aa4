import type { EnvironmentConfig } from '../schema.ts';

/** Something about one environment that its workload's platform will not have; `path` is below the environment. */
export interface PlatformRemark {
  readonly path: readonly string[];
  readonly message: string;
}

/** What is configured for a platform that has no use for it, and what should be there. Nothing of it keeps a procedure from running. */
export const checkPlatform = ({
  workload,
  scaling,
  restart,
  ...environment
}: EnvironmentConfig): readonly PlatformRemark[] => {
  if (!workload) return [];
  const { schedule } = restart;
  const wrongKey = workload.provider === 'kubernetes' ? 'role' : 'image';
  return [
    ...(workload.provider === 'kubernetes' && workload.resource.startsWith('daemonset/') && scaling !== undefined
      ? [{ path: ['scaling'], message: 'a DaemonSet has one pod on each node: rb scale cannot change that' }]
      : []),
    ...(schedule !== undefined && workload.provider === 'command'
      ? [{ path: ['restart', 'schedule'], message: 'a workload of commands has no schedules; use a systemd timer' }]
      : []),
    ...(schedule?.[wrongKey] !== undefined && workload.provider !== 'command'
      ? [{ path: ['restart', 'schedule', wrongKey], message: `${workload.provider} has no use for \`${wrongKey}\`` }]
      : []),
    ...(environment.protected ? unpinned(workload) : []),
  ];
};

/** A context can be edited to lead elsewhere, and keys can be those of another account: only what the configuration names is refused. */
const unpinned = (workload: NonNullable<EnvironmentConfig['workload']>): readonly PlatformRemark[] => {
  if (workload.provider === 'kubernetes' && workload.server === undefined && workload.context !== 'in-cluster')
    return [missingPin('server', 'whatever cluster the context leads to')];
  if (workload.provider === 'ecs' && workload.account === undefined) return [missingPin('account', 'any account')];
  return [];
};

const missingPin = (pin: string, what: string): PlatformRemark => ({
  path: ['workload'],
  message: `protected, but without \`${pin}\` ${what} is taken for the right one`,
});
