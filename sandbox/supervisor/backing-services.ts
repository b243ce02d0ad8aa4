import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres, type Database } from '../stack/postgres.ts';
import { howToGetPostgres, postgresBinaries } from '../stack/postgres-binaries.ts';
import { howToGetRedis, redisServer, startRedis, type Cache } from '../stack/redis.ts';
import type { BackingUrls } from '../service/backing.ts';
import type { SupervisorSettings } from './messages.ts';

export interface BackingServices {
  readonly database?: Database;
  readonly cache?: Cache;
  /** What is not there, and how to get it. */
  readonly notes: readonly string[];
  stop(): Promise<void>;
}

/** Above the ports of the example, so that the default sandbox is found where one remembers it. */
const preferredDatabasePort = 27_432;
const preferredCachePort = 27_379;

/**
 * Starts PostgreSQL and Redis, writes their URLs (0600): for the operator into the directory, for the service into the runtime
 * directory. What the machine does not have, or cannot start, is left out with a note.
 */
export const startBackingServices = async (settings: SupervisorSettings): Promise<BackingServices> => {
  const [database, cache] = await Promise.all([startDatabase(settings), startCache(settings)]);
  const urls: BackingUrls = {
    ...(typeof database === 'object' && { databaseUrl: database.serviceUrl }),
    ...(typeof cache === 'object' && { redisUrl: cache.url }),
  };
  const secret = { mode: 0o600 };
  writeFileSync(join(settings.runtime, 'services.json'), JSON.stringify(urls), secret);
  if (typeof database === 'object')
    writeFileSync(join(settings.directory, 'database.url'), `${database.operatorUrl}\n`, secret);
  if (typeof cache === 'object') writeFileSync(join(settings.directory, 'redis.url'), `${cache.url}\n`, secret);
  return {
    ...(typeof database === 'object' && { database }),
    ...(typeof cache === 'object' && { cache }),
    notes: [database, cache].filter((each) => typeof each === 'string'),
    stop: async () => {
      for (const each of [database, cache]) if (typeof each === 'object') await each.stop();
    },
  };
};

/** The database, or why there is none; undefined where none is wanted. */
const startDatabase = async ({ database, directory, runtime, preferExamplePorts }: SupervisorSettings) => {
  if (!database) return undefined;
  const binaries = await postgresBinaries(process.env);
  if (binaries === undefined) return `There is no PostgreSQL on this machine: ${howToGetPostgres}.`;
  const logFile = join(directory, 'postgres.log');
  const preferredPort = preferExamplePorts ? preferredDatabasePort : undefined;
  return startPostgres({ binaries, runtime, logFile, preferredPort }).catch(
    (error: unknown) => `PostgreSQL (${binaries}) could not be started: ${messageOf(error)}`,
  );
};

const startCache = async ({ cache, directory, runtime, preferExamplePorts }: SupervisorSettings) => {
  if (!cache) return undefined;
  const program = redisServer(process.env);
  if (program === undefined) return `There is no Redis on this machine: ${howToGetRedis}.`;
  const logFile = join(directory, 'redis.log');
  const preferredPort = preferExamplePorts ? preferredCachePort : undefined;
  return startRedis({ program, runtime, logFile, preferredPort }).catch(
    (error: unknown) => `Redis (${program}) could not be started: ${messageOf(error)}`,
  );
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
