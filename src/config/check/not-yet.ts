import type { Capabilities, NotActedOn, TeamNotActedOn } from '../../providers/catalogue.ts';
import type { Config, EnvironmentConfig } from '../schema.ts';

/** Sections of the runbook that are checked, and that nothing in this version acts on. What a capability cannot do yet, it says itself. */
export const notActedOn = [
  'document',
  'thresholds',
  'externalServices',
  'alerts',
  'escalation',
  'handoff',
  'maintenance',
] as const;

/** What a procedure sees of a configuration: nothing can read what nothing acts on. */
export type ActedOn = Omit<Config, (typeof notActedOn)[number] | TeamNotActedOn | 'environments'> & {
  readonly environments: Readonly<Record<string, ActedOnEnvironment>>;
};
export type ActedOnEnvironment = Omit<EnvironmentConfig, NotActedOn>;

type Path = readonly string[];

/** Where a configuration has something that nothing acts on. `has`: whether it stands in the file. */
export const presentButNotActedOn = (
  config: Config,
  has: (path: Path) => boolean,
  { capabilities, team }: { readonly capabilities: Capabilities; readonly team: Capabilities },
): readonly Path[] =>
  [
    ...notActedOn.map((key) => [key]),
    ...unused([], config, team),
    ...Object.entries(config.environments).flatMap(([name, environment]) =>
      unused(['environments', name], environment, capabilities),
    ),
    ...(config.audit.anchor === 'optional' ? [['audit', 'anchor']] : []),
  ].filter((path) => has(path));

const unused = (at: Path, values: object, capabilities: Capabilities): readonly Path[] =>
  Object.entries(capabilities).flatMap(([key, { open, notYet }]) => {
    const config: unknown = Reflect.get(values, key);
    if (config === undefined) return [];
    if (!open) return [[...at, key]];
    return (notYet?.(config) ?? []).map((path) => [...at, key, ...path]);
  });

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
