import { fork } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { Client, escapeIdentifier } from 'pg';
import { loopback } from '../../../sandbox/ports.ts';
import { createAuthority, type Issued } from '../../../sandbox/stack/certificates.ts';
import { createRoles, passwordOf, type Role } from './roles.ts';
import { copyData, hasStatements, initialise, makeDirectory, serve, writeForServer } from './server.ts';
import type { Ground, RunningServer, Settings } from './server.ts';
import { untilTrue } from './until.ts';

export interface PostgresRigOptions {
  readonly binaries: string;
  /** Default true: pg_stat_statements is preloaded where the build has it. */
  readonly preload?: boolean;
  /** Default false. */
  readonly replica?: boolean;
  /** Default true. */
  readonly tls?: boolean;
  readonly settings?: Settings;
}

export interface UrlOptions {
  readonly port?: number;
  readonly query?: Readonly<Record<string, string>>;
  readonly withoutPassword?: boolean;
}

export interface PostgresRig {
  readonly primary: RunningServer;
  readonly replica: RunningServer | undefined;
  /** Of the authority that signed the server's certificate, PEM. */
  readonly caFile: string;
  /** A certificate with which the role `certified` logs in. */
  readonly clientCertificate: { readonly cert: string; readonly key: string };
  /** Whether pg_stat_statements can be had in this build. */
  readonly statements: boolean;
  /** The text of one of its files. */
  read(path: string): string;
  url(role: Role, database: string, options?: UrlOptions): string;
  /** A database of its own, owned by `owner`. Returns its name. */
  createDatabase(...statements: readonly string[]): Promise<string>;
  /** A connection that a test keeps; closed with the rig at the latest. */
  connect(
    role: Role,
    database: string,
    options?: {
      readonly port?: number;
      readonly application?: string;
      /** As a logical subscriber: a walsender that has a database, and is idle until it streams. */
      readonly subscriber?: boolean;
    },
  ): Promise<Client>;
  /** Statements as superuser. Returns the rows of the last one. */
  sql(database: string, text: string, values?: readonly unknown[], port?: number): Promise<Record<string, unknown>[]>;
  /** The server presents another certificate when it resolves. `days`: how long it is valid; below 0 it has expired. */
  presentCertificate(days: number): Promise<void>;
  /** Waits until the replica has replayed all that the primary has written. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a primary, and where it is asked for a streaming replica, with TLS by an authority of their own. */
export const startPostgresRig = async (options: PostgresRigOptions): Promise<PostgresRig> => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'rb-pg-')));
  makeDirectory(directory);
  const warden = fork(join(import.meta.dirname, 'warden.ts'), [directory], { stdio: 'inherit' });
  await once(warden, 'spawn');
  const ground: Ground = { directory, binaries: options.binaries, warden };
  const authority = await createAuthority(Date.now);
  const statements = hasStatements(options.binaries);

  const caFile = writeForServer(join(directory, 'ca.crt'), authority.certificate);
  const write = (name: string, { certificate, key }: Issued) => ({
    cert: writeForServer(join(directory, `${name}.crt`), certificate),
    key: writeForServer(join(directory, `${name}.key`), key),
  });
  const served = write('server', await authority.issue(1));
  const clientCertificate = write('client', await authority.issue(1, 'certified'));
  const common: Settings = {
    fsync: 'off',
    full_page_writes: 'off',
    shared_buffers: '32MB',
    max_connections: 100,
    superuser_reserved_connections: 3,
    max_prepared_transactions: 5,
    wal_level: 'logical',
    hot_standby: 'on',
    autovacuum: 'off',
    wal_retrieve_retry_interval: '100ms',
    ssl_cert_file: served.cert,
    ssl_key_file: served.key,
    ssl_ca_file: caFile,
    ...((options.preload ?? true) && statements && { shared_preload_libraries: 'pg_stat_statements' }),
    ...options.settings,
  };

  const data = await initialise(ground, 'primary', passwordOf('postgres'));
  writeForServer(
    join(data, 'pg_hba.conf'),
    [
      'hostssl all certified all cert',
      'host all certified all reject',
      'host all all all scram-sha-256',
      'host replication replicator all scram-sha-256',
      'local all all scram-sha-256',
      '',
    ].join('\n'),
  );
  // Not on the command line, which would come before what a test sets.
  if (options.tls ?? true) appendFileSync(join(data, 'postgresql.conf'), 'ssl = on\n');
  const copy = options.replica ? await copyData(ground, data, 'replica') : undefined;
  const primary = await serve(ground, data, common);

  const clients = new Set<Client>();
  const connect: PostgresRig['connect'] = async (role, database, options = {}) => {
    const { port = primary.port, application, subscriber = false } = options;
    const client = new Client({
      host: loopback,
      port,
      user: role,
      password: passwordOf(role),
      database,
      application_name: application ?? `test ${role}`,
      // pg has it and its types do not tell.
      ...(subscriber && ({ replication: 'database' } as object)),
    });
    client.on('error', () => undefined);
    await client.connect();
    clients.add(client);
    client.on('end', () => clients.delete(client));
    return client;
  };
  const sql: PostgresRig['sql'] = async (database, text, values, port) => {
    const client = await connect('postgres', database, { ...(port !== undefined && { port }), application: 'rig' });
    try {
      const result: unknown = await client.query(text, values as unknown[]);
      const last = (Array.isArray(result) ? result.at(-1) : result) as { rows: Record<string, unknown>[] };
      return last.rows;
    } finally {
      await client.end();
    }
  };

  /** The fingerprint of the certificate that the server shows, whatever that is worth. */
  const presented = async (): Promise<string> => {
    const user = 'postgres';
    const password = passwordOf(user);
    const ssl = { rejectUnauthorized: false };
    const client = new Client({ host: loopback, port: primary.port, user, password, database: user, ssl });
    await client.connect();
    const { fingerprint256 } = (client.connection.stream as TLSSocket).getPeerCertificate();
    await client.end();
    return fingerprint256;
  };

  await sql('postgres', createRoles());
  let replica: RunningServer | undefined;
  if (copy !== undefined) {
    writeForServer(join(copy, 'standby.signal'), '');
    await sql('postgres', `SELECT pg_create_physical_replication_slot('replica_1')`);
    const conninfo = `host=${loopback} port=${primary.port} user=replicator password='${passwordOf('replicator')}' application_name=replica_1 dbname=postgres`;
    replica = await serve(ground, copy, {
      ...common,
      primary_conninfo: conninfo,
      primary_slot_name: 'replica_1',
      hot_standby_feedback: 'on',
      wal_receiver_status_interval: '1s',
    });
  }

  let databases = 0;
  return {
    primary,
    replica,
    caFile,
    clientCertificate,
    statements,
    read: (path) => readFileSync(path, 'utf8'),
    url: (role, database, { port = primary.port, query = {}, withoutPassword = false } = {}) => {
      const password = withoutPassword ? '' : `:${encodeURIComponent(passwordOf(role))}`;
      const parameters = new URLSearchParams({ sslmode: 'verify-full', sslrootcert: caFile, ...query }).toString();
      return `postgresql://${role}${password}@localhost:${port}/${encodeURIComponent(database)}?${parameters}`;
    },
    createDatabase: async (...texts) => {
      databases += 1;
      const name = `shop_${databases}`;
      await sql('postgres', `CREATE DATABASE ${escapeIdentifier(name)} OWNER owner`);
      if (texts.length > 0) await sql(name, ['SET ROLE owner', ...texts].join(';\n'));
      return name;
    },
    connect,
    sql,
    presentCertificate: async (days) => {
      const issued = await authority.issue(days);
      write('server', issued);
      await sql('postgres', 'SELECT pg_reload_conf()');
      const { fingerprint256 } = new X509Certificate(issued.certificate);
      await untilTrue('the certificate is presented', async () => (await presented()) === fingerprint256);
    },
    caughtUp: async () => {
      const [row] = await sql('postgres', 'SELECT pg_current_wal_insert_lsn()::text AS lsn');
      await untilTrue('the replica has caught up', async () => {
        const text = 'SELECT coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, false) AS done';
        return (await sql('postgres', text, [row?.['lsn']], replica?.port))[0]?.['done'] === true;
      });
    },
    stop: async () => {
      for (const client of clients) await client.end().catch(() => undefined);
      const gone = once(warden, 'exit');
      warden.disconnect();
      await gone;
    },
  };
};
