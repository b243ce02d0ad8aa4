import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { startPostgresRig } from '../../rigs/postgres/rig.ts';
import type { PostgresRig, PostgresRigOptions, UrlOptions } from '../../rigs/postgres/rig.ts';
import type { Role } from '../../rigs/postgres/roles.ts';
import { postgresVersions } from '../../rigs/postgres/versions.ts';
import { rb } from '../program.ts';
import type { Ended } from '../program.ts';
import { newDirectory, newOperator, writeFiles } from '../rig.ts';
import type { Operator } from '../rig.ts';

export interface DatabaseStage {
  readonly rig: PostgresRig;
  /** Of the database that all tests of the file share. */
  readonly database: string;
  /**
   * Somebody whose configuration names the server, logged in as `role`. `more`: further lines of `database`; `replica`: another URL than that
   * of its own; `program`: by default the built one.
   */
  operator(
    role: Role,
    more?: string,
    url?: UrlOptions & { readonly database?: string; readonly replica?: string },
    program?: string,
  ): Operator;
  /** Idle sessions of the service, one for each application name. */
  idle(...applications: readonly string[]): Promise<readonly Client[]>;
  /** Process ids of the client sessions with this application name. */
  pids(application: string): Promise<readonly number[]>;
}

const endAll = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`;

/** A real PostgreSQL for all tests of a file or of a `describe`: the machine's own unless `binaries` says which. Call it at the top. */
export const useDatabase = (options: Partial<PostgresRigOptions>, ...statements: readonly string[]): DatabaseStage => {
  let started: PostgresRig | undefined;
  let database = '';
  beforeAll(async () => {
    const [own] = await postgresVersions();
    if (!own) throw new Error('there is no PostgreSQL on this machine: apt-get install postgresql');
    started = await startPostgresRig({ binaries: own.binaries, ...options });
    database = await started.createDatabase(...statements);
  });
  afterAll(async () => {
    // A client that waits for the end of its statement would not let go.
    await started?.sql('postgres', endAll);
    await started?.stop();
  });
  const rig = (): PostgresRig => {
    if (!started) throw new Error('the server is started before the first test');
    return started;
  };
  return {
    get rig() {
      return rig();
    },
    get database() {
      return database;
    },
    operator: (role, more = '', url = {}, program = rb) => {
      const directory = newDirectory();
      const name = url.database ?? database;
      const { port } = rig().replica ?? {};
      const replica = url.replica ?? (port === undefined ? undefined : rig().url(role, name, { port }));
      const replicas = replica === undefined ? '' : `      replicas: [{ name: replica-1, url: '${replica}' }]\n`;
      writeFiles(directory, {
        'runbook.config.yaml': `version: 1
service: { name: shop }
lock: { scope: '${randomUUID()}' }
environments:
  prod:
    database:
      url: '${rig().url(role, name, url)}'
${replicas}${more.replaceAll(/^(?=.)/gm, '      ')}
`,
      });
      return newOperator(join(directory, 'runbook.config.yaml'), {}, program);
    },
    idle: (...applications) =>
      Promise.all(
        applications.map(async (application) => {
          const client = await rig().connect('app', database, { application });
          await client.query('SELECT 1');
          return client;
        }),
      ),
    pids: async (application) => {
      const text = `SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND backend_type = 'client backend' ORDER BY pid`;
      return (await rig().sql('postgres', text, [application])).map(({ pid }) => pid as number);
    },
  };
};

/** Somebody whose configuration has this URL, and nothing else of a database. */
export const operatorAt = (url: string): Operator => {
  const directory = newDirectory();
  writeFiles(directory, {
    'runbook.config.yaml': `version: 1\nservice: { name: shop }\nenvironments:\n  prod:\n    database: { url: '${url}' }\n`,
  });
  return newOperator(join(directory, 'runbook.config.yaml'));
};

interface StepView {
  readonly id: string;
  readonly result: string;
  readonly finding: {
    readonly verdict: string;
    readonly summary: string;
    readonly data: Record<string, unknown>;
  } | null;
  readonly change: { readonly equivalent: readonly string[]; readonly blastRadius: readonly string[] } | null;
}

/** A step of what `-o json` has printed. */
export const step = (run: Ended, id: string): StepView => {
  const { steps } = run.json() as { readonly steps: readonly StepView[] };
  const found = steps.find((one) => one.id === id);
  if (!found) throw new Error(`no step ${id} in ${run.stdout}`);
  return found;
};

/** What a look has found, with its data. */
export const found = (run: Ended, id: string) => {
  const { finding } = step(run, id);
  if (!finding) throw new Error(`no finding of ${id} in ${run.stdout}`);
  return finding;
};

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
