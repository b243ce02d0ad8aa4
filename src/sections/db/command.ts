import type { Command } from 'commander';
import { parseDuration } from '../../config/duration.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Register } from '../section.ts';
import type { cancel } from './cancel.ts';
import { collect, onOf, refuseWatch, runLook, wholeNumber, withOn } from './flags.ts';
import type { LookFlags, OnFlag } from './flags.ts';
import { examples, help } from './help.ts';
import { addLooks, limited, limitOf } from './look-commands.ts';
import type { LimitFlags } from './look-commands.ts';

export const register: Register = (program, rb) => {
  const db = program
    .command('db')
    .description('The database (PostgreSQL 13 and later): connections, queries, locks, replication, maintenance.')
    .addHelpText('before', examples);

  const command = (name: keyof typeof help): Command =>
    withOn(db.command(name))
      .summary(help[name].summary)
      .description(help[name].description)
      .addHelpText('before', help[name].examples);
  const look = (name: keyof typeof help): Command =>
    command(name).option('--watch <seconds>', 'look again and again, until Ctrl-C');

  addLooks(rb, look);

  limited(look('slow'))
    .option('--by <order>', 'total, mean, max or calls', 'total')
    .option('--reset', 'forget the statistics of all databases')
    .action(async (flags: LimitFlags & { readonly by: string; readonly reset?: true }) => {
      const wanted = { orderBy: orderOf(flags.by), limit: limitOf(flags) };
      if (!flags.reset) return runLook(rb, (await import('./slow.ts')).slow, flags, wanted);
      refuseWatch(flags, '--reset');
      return rb.run((await import('./slow-reset.ts')).slowReset, onOf(flags));
    });

  look('blocking')
    .option('--resolve', 'cancel what stands at the root of those that wait, after a confirmation')
    .action(async (flags: LookFlags & { readonly resolve?: true }) => {
      if (!flags.resolve) return runLook(rb, (await import('./blocking.ts')).blocking, flags, {});
      refuseWatch(flags, '--resolve');
      return rb.run((await import('./blocking-resolve.ts')).blockingResolve, onOf(flags));
    });

  limited(look('vacuum'))
    .argument('[table]', 'as SQL has it: orders, sales."Orders"')
    .option('--status', 'show which tables need it, and what runs')
    .option('--no-analyze', 'only VACUUM')
    .action(async (table: string | undefined, flags: VacuumFlags) => {
      if (flags.status && table === undefined)
        return runLook(rb, (await import('./vacuum-status.ts')).vacuumStatus, flags, { limit: limitOf(flags) });
      if (flags.status || table === undefined)
        throw new RunbookError('usage', flags.status ? '--status takes no table.' : 'Say which table.', {
          next: ['rb db vacuum --status', 'rb db vacuum <table>'],
        });
      if (flags.on !== undefined)
        throw new RunbookError('usage', 'VACUUM runs on the primary: --on goes with --status only.');
      refuseWatch(flags, 'VACUUM of a table');
      return rb.run((await import('./vacuum.ts')).vacuum, { table, analyze: flags.analyze });
    });

  const ofPid = (name: 'cancel' | 'terminate', load: () => Promise<typeof cancel>) =>
    command(name)
      .argument('<pid>', 'the process id of the session, as rb db running shows it')
      .action(async (pid: string, flags: OnFlag) =>
        rb.run(await load(), { pid: wholeNumber(pid, '<pid>', 1, 2 ** 31 - 1), ...onOf(flags) }),
      );
  ofPid('cancel', async () => (await import('./cancel.ts')).cancel);
  ofPid('terminate', async () => (await import('./terminate.ts')).terminate);

  command('kill-idle')
    .option('--older-than <duration>', 'idle for so long or longer (otherwise idleMinutes of the configuration)')
    .option('--user <name>', 'only this role (repeatable)', collect)
    .option('--application <name>', 'only this application_name (repeatable)', collect)
    .option('--database <name>', 'only this database (repeatable)', collect)
    .option('--include-idle-in-transaction', 'also those that hold a transaction open: it is rolled back (tier 3)')
    .action(async (flags: KillIdleFlags) =>
      rb.run((await import('./kill-idle.ts')).killIdle, {
        olderThanMs:
          flags.olderThan === undefined
            ? ((await rb.settings()).environment.database?.idleMinutes ?? 5) * 60_000
            : parseDuration(flags.olderThan, '--older-than'),
        users: flags.user ?? [],
        applications: flags.application ?? [],
        databases: flags.database ?? [],
        includeIdleInTransaction: flags.includeIdleInTransaction ?? false,
        ...onOf(flags),
      }),
    );
};

interface VacuumFlags extends LimitFlags {
  readonly status?: true;
  readonly analyze: boolean;
}

interface KillIdleFlags extends OnFlag {
  readonly olderThan?: string;
  readonly user?: readonly string[];
  readonly application?: readonly string[];
  readonly database?: readonly string[];
  readonly includeIdleInTransaction?: true;
}

const orders = ['total', 'mean', 'max', 'calls'] as const;

const orderOf = (text: string): (typeof orders)[number] => {
  const order = orders.find((one) => one === text);
  if (order) return order;
  throw new RunbookError('usage', `--by ${text}: expected ${orders.join(', ')}.`);
};
