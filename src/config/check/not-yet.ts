import type { LoadedConfig } from '../file/load.ts';
import type { Config, EnvironmentConfig } from '../schema.ts';

/** Keys that are checked, and that nothing in this version acts on; `*` stands for the name of an environment. */
export const notActedOn = [
  'document',
  'thresholds',
  'externalServices',
  'alerts',
  'escalation',
  'handoff',
  'maintenance',
  'notify',
  'tickets',
  'environments.*.database.slowLog',
  'environments.*.cache',
  'environments.*.certificates',
  'environments.*.metrics',
  'environments.*.queues',
  'environments.*.hosts',
  'environments.*.profiler',
  'environments.*.maintenanceMode',
  'environments.*.smoke',
] as const;

type Key = (typeof notActedOn)[number];
type Below<Keys> = Keys extends `environments.*.${infer Rest}` ? Rest : never;

/** What a procedure sees of a configuration: nothing can read what nothing acts on. */
export type ActedOn = Omit<Config, Key | 'environments'> & {
  readonly environments: Readonly<Record<string, ActedOnEnvironment>>;
};
export type ActedOnEnvironment = Omit<EnvironmentConfig, Below<Key>>;

type Path = readonly string[];

/** Where a configuration has something that nothing acts on. Logs are read from files only. */
export const presentButNotActedOn = ({ config, document }: LoadedConfig): readonly Path[] => {
  const environments = Object.entries(config.environments);
  const keys = notActedOn.flatMap((key) => {
    const parts = key.split('.');
    return parts[0] === 'environments' ? environments.map(([name]) => parts.with(1, name)) : [parts];
  });
  return [
    ...keys.filter((path) => document.has(path)),
    ...environments.flatMap(([name, { logs }]) =>
      logs && logs.provider !== 'file' ? [['environments', name, 'logs', 'provider']] : [],
    ),
    ...(config.audit.anchor === 'optional' ? [['audit', 'anchor']] : []),
  ];
};

/** A key that promises safety which this version does not give. */
export interface UnkeptPromise {
  readonly path: Path;
  /** With what to set instead. */
  readonly message: string;
}

/** Nothing is changed while there are such: an operator relies on them. */
export const unkeptPromises = ({ audit, lock }: Pick<Config, 'audit' | 'lock'>): readonly UnkeptPromise[] =>
  [
    audit.anchor === 'required' && {
      path: ['audit', 'anchor'],
      message: 'this version of rb has no anchors for the audit log; set `anchor: none`',
    },
    audit.store !== '' && {
      path: ['audit', 'store'],
      message: 'this version of rb does not mirror the audit log to a store; set `store: ""`',
    },
    lock.provider !== 'auto' &&
      lock.provider !== 'host' && {
        path: ['lock', 'provider'],
        message: `this version of rb does not lock with ${lock.provider}; set \`provider: host\`, a lock for all processes on one host`,
      },
  ].filter((one) => one !== false);
