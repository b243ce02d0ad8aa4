import type { EnvironmentConfig } from './schema.ts';

/** Something about one environment that its workload's platform will not have; `path` is below the environment. */
export interface PlatformRemark {
  readonly path: readonly string[];
  readonly message: string;
}

/** What is configured for a platform that has no use for it. Nothing of it keeps a procedure from running. */
export const checkPlatform = ({ workload, scaling, restart }: EnvironmentConfig): readonly PlatformRemark[] => {
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
  ];
};
