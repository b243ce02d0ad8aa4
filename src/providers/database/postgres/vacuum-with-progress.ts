import type { Call, DatabaseTable, VacuumOptions, VacuumOutcome, VacuumProgress } from '../port.ts';
import type { Connection } from './connection.ts';
import { vacuumTable } from './vacuum.ts';

const everyMs = 1000;

/** VACUUM on one connection, and about once a second a look at how far it is on another. A look that fails is left out. */
export const vacuumWithProgress = async (
  connection: Connection,
  table: DatabaseTable,
  options: VacuumOptions,
  call: Call,
  onProgress: ((progress: VacuumProgress) => void) | undefined,
  look: () => Promise<{ readonly running: readonly VacuumProgress[] }>,
): Promise<VacuumOutcome> => {
  const done = new AbortController();
  const watch = async (): Promise<void> => {
    const stop = AbortSignal.any([done.signal, call.signal]);
    for (;;) {
      await call.clock.sleep(everyMs, stop);
      const { running } = await look().catch(() => ({ running: [] }));
      const own = running.find(({ tableOid, autovacuum }) => tableOid === table.oid && !autovacuum);
      if (own && !done.signal.aborted) onProgress?.(own);
    }
  };
  if (onProgress) void watch().catch(() => undefined);
  try {
    return await vacuumTable(connection, table, options);
  } finally {
    done.abort(new Error('done'));
  }
};
