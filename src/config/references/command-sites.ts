import type { Config, EnvironmentConfig } from '../schema.ts';
import type { ArgumentList } from '../schema/argument-list.ts';

/** A command in the configuration. */
export interface CommandSite {
  readonly path: readonly (string | number)[];
  readonly words: readonly string[];
  /** What `{{name}}` may stand for in its words and variables. */
  readonly placeholders: readonly string[];
}

type Path = readonly (string | number)[];
type LongForm = Exclude<ArgumentList, string[]>;

/** Every command has these. */
const common = ['service', 'environment'];
const ofWorkload = [
  ['instances', []],
  ['status', []],
  ['stop', []],
  ['start', ['count']],
  ['restartInstance', ['instance']],
  ['scale', ['count']],
  ['rollback', []],
] as const;

/** All commands of a configuration, with the path of their first word's list. */
export const commandSites = (config: Config): readonly CommandSite[] => [
  ...Object.entries(config.environments).flatMap(([name, environment]) =>
    ofEnvironment(['environments', name], environment),
  ),
  ...site(['notify', 'command'], config.notify.command, ['summary']),
  ...provided(['tickets'], config.tickets, ['title']),
];

const ofEnvironment = (at: Path, environment: EnvironmentConfig): readonly CommandSite[] => {
  const { workload, cache, database, logs, metrics, profiler, maintenanceMode } = environment;
  const workloadSites =
    workload?.provider === 'command'
      ? ofWorkload.flatMap(([key, more]) => site([...at, 'workload', key], workload[key], more))
      : [];
  return [
    ...workloadSites,
    ...provided([...at, 'logs'], logs, ['since', 'limit']),
    ...provided([...at, 'database', 'slowLog'], database?.slowLog, ['since', 'limit']),
    ...site([...at, 'cache', 'warm'], cache?.warm),
    ...(environment.certificates ?? []).flatMap(({ renew, reload }, index) => [
      ...provided([...at, 'certificates', index, 'renew'], renew, ['domain']),
      ...site([...at, 'certificates', index, 'reload'], reload, ['domain']),
    ]),
    ...provided([...at, 'metrics'], metrics),
    ...site([...at, 'profiler', 'heapDump'], profiler?.heapDump, ['instance']),
    ...site([...at, 'maintenanceMode', 'enable'], maintenanceMode?.enable),
    ...site([...at, 'maintenanceMode', 'disable'], maintenanceMode?.disable),
    ...(environment.smoke ?? []).flatMap((test, index) => site([...at, 'smoke', index], withCommand(test))),
  ];
};

const site = (
  path: Path,
  list: ArgumentList | LongForm | undefined,
  more: readonly string[] = [],
): readonly CommandSite[] => {
  if (list === undefined) return [];
  const placeholders = [...common, ...more];
  return [
    Array.isArray(list)
      ? { path, words: list, placeholders }
      : { path: [...path, 'command'], words: list.command, placeholders },
  ];
};

/** A section whose provider may be `command`. */
const provided = (path: Path, section: object | undefined, more: readonly string[] = []): readonly CommandSite[] =>
  section !== undefined && 'provider' in section && section.provider === 'command'
    ? site(path, withCommand(section), more)
    : [];

const withCommand = (section: object): LongForm | undefined =>
  'command' in section && Array.isArray(section.command) ? { command: section.command } : undefined;
