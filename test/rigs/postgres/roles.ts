/** The roles of the rig, by what they may do. Each has the password `<name>:pass word`, with what is special in URLs and files. */
export const roles = {
  /** Superuser. */
  postgres: 'SUPERUSER',
  /** Owns the databases and all in them. */
  owner: 'CREATEDB',
  /** What the documentation of `rb` advises: sees all sessions, and may end those of others. */
  operator: 'IN ROLE pg_monitor, pg_signal_backend',
  monitor: 'IN ROLE pg_monitor',
  signaller: 'IN ROLE pg_signal_backend',
  plain: '',
  /** The service. */
  app: '',
  /** Logs in with a client certificate only. */
  certified: '',
  replicator: 'REPLICATION',
  /** May have two connections. */
  limited: 'CONNECTION LIMIT 2',
} as const satisfies Record<string, string>;
export type Role = keyof typeof roles;

export const passwordOf = (role: Role): string => `${role}:pass/w@rd`;

export const createRoles = (): string =>
  Object.entries(roles)
    .filter(([name]) => name !== 'postgres')
    .map(([name, options]) => `CREATE ROLE ${name} LOGIN PASSWORD '${passwordOf(name as Role)}' ${options};`)
    .join('\n');
