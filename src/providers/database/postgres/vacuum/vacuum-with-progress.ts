import { messageOf } from '../../../../engine/errors.ts';
import type { Call, DatabaseTable, VacuumOptions, VacuumOutcome, VacuumProgress, VacuumUnseen } from '../../port.ts';
import type { Connection } from '../connect/connection.ts';
import { vacuumTable } from './vacuum.ts';

const everyMs = 1000;

/** VACUUM on one connection, and about once a second a look at how far it is on another. A look that fails ends nothing. */
export const vacuumWithProgress = async (
  connection: Connection,
  table: DatabaseTable,
  options: VacuumOptions,
  call: Call,
  onProgress: ((progress: VacuumProgress | VacuumUnseen) => void) | undefined,
  look: () => Promise<{ readonly running: readonly VacuumProgress[] }>,
): Promise<VacuumOutcome> => {
  const done = new AbortController();
  const watch = async (): Promise<void> => {
    const stop = AbortSignal.any([done.signal, call.signal]);
    for (;;) {
      await call.clock.sleep(everyMs, stop);
      const seen = await look().then(
        ({ running }) => running.find(({ tableOid, autovacuum }) => tableOid === table.oid && !autovacuum),
        (error: unknown) => ({ unseen: messageOf(error) }),
      );
      if (seen && !stop.aborted) onProgress?.(seen);
    }
  };
  if (onProgress) void watch().catch(() => undefined);
  try {
    return await vacuumTable(connection, table, options);
  } finally {
    done.abort(new Error('done'));
  }
};
