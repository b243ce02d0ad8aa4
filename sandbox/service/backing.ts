/** What the service stands on. Each method throws where the database or the cache does not answer. */
export interface Backing {
  readonly hasDatabase: boolean;
  readonly hasCache: boolean;
  /** Asks the database one small question. */
  askDatabase(): Promise<void>;
  askCache(): Promise<void>;
  /** A product, from the cache where it is there, else from the database; undefined where there is neither. */
  product(id: number): Promise<{ name: string; from: 'cache' | 'database' } | undefined>;
  close(): Promise<void>;
}

export interface BackingUrls {
  readonly databaseUrl?: string;
  readonly redisUrl?: string;
}

/** Connects as needed. The client libraries are loaded only where there is something to connect to. */
export const openBacking = async (
  urls: BackingUrls,
  instance: string,
  onError: (error: Error) => void,
): Promise<Backing> => {
  const [pool, redis] = await Promise.all([
    openPool(urls.databaseUrl, instance, onError),
    openRedis(urls.redisUrl, instance, onError),
  ]);
  return {
    hasDatabase: pool !== undefined,
    hasCache: redis !== undefined,
    askDatabase: async () => {
      await pool?.query('SELECT 1');
    },
    askCache: async () => {
      await redis?.ping();
    },
    product: async (id) => {
      const key = `product:${String(id)}`;
      const cached = await redis?.get(key);
      if (cached) return { name: cached, from: 'cache' };
      const found = await pool?.query<{ name: string }>('SELECT name FROM products WHERE id = $1', [id]);
      const name = found?.rows[0]?.name;
      if (name === undefined) return undefined;
      await redis?.set(key, name, 'EX', 60);
      return { name, from: 'database' };
    },
    close: async () => {
      redis?.disconnect();
      await pool?.end();
    },
  };
};

const openPool = async (url: string | undefined, instance: string, onError: (error: Error) => void) => {
  if (url === undefined) return undefined;
  const { Pool } = await import('pg');
  const pool = new Pool({ connectionString: url, max: 4, application_name: instance, connectionTimeoutMillis: 2000 });
  pool.on('error', onError);
  return pool;
};

const openRedis = async (url: string | undefined, instance: string, onError: (error: Error) => void) => {
  if (url === undefined) return undefined;
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, { connectionName: instance, maxRetriesPerRequest: 1, commandTimeout: 2000 });
  redis.on('error', onError);
  return redis;
};
