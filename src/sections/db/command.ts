import { parseDuration } from '../../config/duration.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Rb } from '../section.ts';
import { limitOf, onOf, refuseWatch, runLook, size as sizeFlag, wholeNumber } from './flags.ts';
import type { LimitFlags, LookFlags, OnFlag } from './flags.ts';

/*
 * Each turns its flags into the input of a look or a procedure, and runs that. What it runs is loaded when it is typed.
 */

export const connections = async (rb: Rb, flags: LookFlags): Promise<void> =>
  runLook(rb, (await import('./activity/connections.ts')).connections, flags, {});

export interface RunningFlags extends LookFlags {
  readonly olderThan?: string;
}

export const running = async (rb: Rb, flags: RunningFlags): Promise<void> =>
  runLook(
    rb,
    (await import('./activity/running.ts')).running,
    flags,
    flags.olderThan === undefined ? {} : { olderThanMs: parseDuration(flags.olderThan, '--older-than') },
  );

export const replication = async (rb: Rb, flags: LookFlags): Promise<void> =>
  runLook(rb, (await import('./replication/replication.ts')).replication, flags, {});

export interface IndexesFlags extends LimitFlags {
  readonly minSize?: string;
}

export const indexes = async (rb: Rb, flags: IndexesFlags): Promise<void> => {
  const [look, { indexLimits }] = await Promise.all([
    import('./storage/indexes.ts'),
    import('./storage/indexes-judgement.ts'),
  ]);
  const minBytes = flags.minSize === undefined ? indexLimits.tableBytes : sizeFlag(flags.minSize, '--min-size');
  return runLook(rb, look.indexes, flags, { limit: limitOf(flags), minBytes });
};

export const size = async (rb: Rb, flags: LimitFlags): Promise<void> =>
  runLook(rb, (await import('./storage/size.ts')).size, flags, { limit: limitOf(flags) });

export const bloat = async (rb: Rb, flags: LimitFlags): Promise<void> =>
  runLook(rb, (await import('./storage/bloat.ts')).bloat, flags, { limit: limitOf(flags) });

export const wal = async (rb: Rb, flags: LookFlags): Promise<void> =>
  runLook(rb, (await import('./replication/wal.ts')).wal, flags, {});

export interface SlowFlags extends LimitFlags {
  readonly by: string;
  readonly reset?: true;
}

export const slow = async (rb: Rb, flags: SlowFlags): Promise<void> => {
  const wanted = { orderBy: orderOf(flags.by), limit: limitOf(flags) };
  if (!flags.reset) return runLook(rb, (await import('./activity/slow.ts')).slow, flags, wanted);
  refuseWatch(flags, '--reset');
  return rb.run((await import('./activity/slow-reset.ts')).slowReset, onOf(flags));
};

export const blocking = async (rb: Rb, flags: LookFlags & { readonly resolve?: true }): Promise<void> => {
  if (!flags.resolve) return runLook(rb, (await import('./blocking/blocking.ts')).blocking, flags, {});
  refuseWatch(flags, '--resolve');
  return rb.run((await import('./blocking/blocking-resolve.ts')).blockingResolve, onOf(flags));
};

export interface VacuumFlags extends LimitFlags {
  readonly status?: true;
  readonly analyze: boolean;
}

export const vacuum = async (rb: Rb, table: string | undefined, flags: VacuumFlags): Promise<void> => {
  if (flags.status && table === undefined)
    return runLook(rb, (await import('./vacuum/vacuum-status.ts')).vacuumStatus, flags, { limit: limitOf(flags) });
  if (flags.status || table === undefined)
    throw new RunbookError('usage', flags.status ? '--status takes no table.' : 'Say which table.', {
      next: ['rb db vacuum --status', 'rb db vacuum <table>'],
    });
  if (flags.on !== undefined)
    throw new RunbookError('usage', 'VACUUM runs on the primary: --on goes with --status only.');
  refuseWatch(flags, 'VACUUM of a table');
  return rb.run((await import('./vacuum/vacuum.ts')).vacuum, { table, analyze: flags.analyze });
};

export const cancel = async (rb: Rb, pid: string, flags: OnFlag): Promise<void> =>
  rb.run((await import('./ending/cancel.ts')).cancel, { pid: pidOf(pid), ...onOf(flags) });

export const terminate = async (rb: Rb, pid: string, flags: OnFlag): Promise<void> =>
  rb.run((await import('./ending/terminate.ts')).terminate, { pid: pidOf(pid), ...onOf(flags) });

export interface KillIdleFlags extends OnFlag {
  readonly olderThan?: string;
  readonly user?: readonly string[];
  readonly application?: readonly string[];
  readonly database?: readonly string[];
  readonly includeIdleInTransaction?: true;
}

export const killIdle = async (rb: Rb, flags: KillIdleFlags): Promise<void> =>
  rb.run((await import('./idle/kill-idle.ts')).killIdle, {
    olderThanMs:
      flags.olderThan === undefined
        ? ((await rb.settings()).environment.database?.idleMinutes ?? 5) * 60_000
        : parseDuration(flags.olderThan, '--older-than'),
    users: flags.user ?? [],
    applications: flags.application ?? [],
    databases: flags.database ?? [],
    includeIdleInTransaction: flags.includeIdleInTransaction ?? false,
    ...onOf(flags),
  });

const pidOf = (text: string): number => wholeNumber(text, '<pid>', 1, 2 ** 31 - 1);

const orders = ['total', 'mean', 'max', 'calls'] as const;

const orderOf = (text: string): (typeof orders)[number] => {
  const order = orders.find((one) => one === text);
  if (order) return order;
  throw new RunbookError('usage', `--by ${text}: expected ${orders.join(', ')}.`);
};
