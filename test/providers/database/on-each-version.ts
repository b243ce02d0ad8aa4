import { afterAll, beforeAll, describe } from 'vitest';
import { openPostgres } from '../../../src/providers/database/postgres.ts';
import type { PostgresConfig } from '../../../src/providers/database/postgres.ts';
import type { Database } from '../../../src/providers/database/port.ts';
import { startPostgresRig } from '../../rigs/postgres/rig.ts';
import type { PostgresRig, PostgresRigOptions, UrlOptions } from '../../rigs/postgres/rig.ts';
import type { Role } from '../../rigs/postgres/roles.ts';
import { postgresVersions } from '../../rigs/postgres/versions.ts';
import { times } from '../../layers.ts';
import { haveTimeForPrograms } from '../../patience.ts';

export interface Bench {
  /** Of the server that this run of the tests is on; started before the first. */
  readonly rig: PostgresRig;
  readonly major: number;
  /** The adapter, logged in as `role`. */
  open(role: Role, database: string, options?: UrlOptions & Pick<PostgresConfig, 'limits'>): Database;
}

haveTimeForPrograms();
const versions = await postgresVersions();

/**
 * The same tests on every version of PostgreSQL that this machine has, each with a server of its own: the first that `only` takes where
 * every change waits for it, all of them in the long layer.
 */
export const onEachVersion = (
  title: string,
  options: Omit<PostgresRigOptions, 'binaries'>,
  tests: (bench: Bench) => void,
  only: (major: number, index: number) => boolean = () => true,
): void => {
  const wanted = versions.filter(({ major }, index) => only(major, index));
  describe.each(wanted.slice(0, times({ usually: 1, long: wanted.length })))(
    `${title}, on $name`,
    ({ binaries, major }) => {
      let rig: PostgresRig | undefined;
      beforeAll(async () => {
        rig = await startPostgresRig({ ...options, binaries });
      });
      afterAll(async () => rig?.stop());
      const started = (): PostgresRig => {
        if (!rig) throw new Error('the server is started before the first test, not while they are collected');
        return rig;
      };
      tests({
        get rig() {
          return started();
        },
        major,
        open: (role, database, { limits, ...url } = {}) =>
          openPostgres(
            { url: started().url(role, database, url), ...(limits && { limits }) },
            { environment: {}, home: '/nonexistent', login: 'nobody', remember: () => undefined },
          ),
      });
    },
  );
};

/** What a promise was rejected with. */
export const rejection = async (
  promise: Promise<unknown>,
): Promise<Error & { kind?: string; next?: readonly string[] }> =>
  promise.then(
    () => {
      throw new Error('it was not rejected');
    },
    (error: unknown) => error as Error,
  );
