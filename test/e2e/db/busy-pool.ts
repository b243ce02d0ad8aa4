import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { DatabaseStage } from './stage.ts';

export interface BusyPool {
  /** `<pid> <start>` of each session that an administrator has ended, in the order in which their clients noticed. */
  readonly terminated: readonly string[];
  /** How many of its sessions have been idle for so many seconds. */
  idleFor(seconds: number): Promise<number>;
  stop(): Promise<void>;
}

const self = `SELECT pid || ' ' || to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS self
  FROM pg_stat_activity WHERE pid = pg_backend_pid()`;

/** Most work again within three seconds, and some rest for much longer. */
const restMs = (): number => Math.random() * (Math.random() < 0.5 ? 3000 : 20_000);

/** Sessions that work, rest, leave and come back, all the time. */
export const startBusyPool = async (stage: DatabaseStage, application: string, size: number): Promise<BusyPool> => {
  const terminated: string[] = [];
  const over = new AbortController();
  const member = async (): Promise<void> => {
    while (!over.signal.aborted) {
      // oxlint-disable no-await-in-loop -- one after another is what a client does
      const client: Client = await stage.rig.connect('app', stage.database, { application });
      let name = '';
      client.on('error', (error) => {
        if ('code' in error && error.code === '57P01' && !terminated.includes(name)) terminated.push(name);
      });
      try {
        name = ((await client.query(self)).rows[0] as { self: string }).self;
        for (let left = 1 + Math.floor(Math.random() * 4); left > 0 && !over.signal.aborted; left -= 1) {
          await sleep(restMs(), undefined, { signal: over.signal });
          await client.query('SELECT 1');
        }
      } catch {
        // It was ended: the pool opens another one. Or the test is over.
      }
      await client.end().catch(() => undefined);
    }
  };
  const members = Array.from({ length: size }, member);
  return {
    terminated,
    idleFor: async (seconds) => {
      const text = `SELECT FROM pg_stat_activity WHERE application_name = $1 AND state = 'idle' AND state_change < now() - $2 * interval '1 second'`;
      return (await stage.rig.sql('postgres', text, [application, seconds])).length;
    },
    stop: async () => {
      over.abort();
      await Promise.allSettled(members);
    },
  };
};
