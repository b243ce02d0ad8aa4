import type { Command } from 'commander';
import type { Described } from '../../engine/procedure/procedure.ts';
import type { Section } from '../section.ts';
import type { IndexesFlags, KillIdleFlags, RunningFlags, SlowFlags, VacuumFlags } from './command.ts';
import type { LimitFlags, LookFlags, OnFlag } from './flags.ts';

export const section: Section = {
  register: (program, rb) => {
    const db = program
      .command('db')
      .description('The database (PostgreSQL 13 and later): connections, queries, locks, replication, maintenance.')
      .addHelpText('before', examples);
    const command = (name: string, summary: string): Command =>
      db
        .command(name)
        .summary(summary)
        .option('--on <server>', 'the name of a replica of the configuration, instead of the primary');
    const look = (name: string, summary: string): Command =>
      command(name, summary).option('--watch <seconds>', 'look again and again, until Ctrl-C');

    look('connections', 'by state, application, user and database; how many are left').action(
      async (flags: LookFlags) => (await import('./command.ts')).connections(rb, flags),
    );
    look('running', 'long statements and open transactions, what they wait for, who blocks them')
      .option('--older-than <duration>', 'at work for so long or longer (otherwise longRunningMinutes)')
      .action(async (flags: RunningFlags) => (await import('./command.ts')).running(rb, flags));
    look('replication', 'how far replicas lie behind, from both ends; slots').action(async (flags: LookFlags) =>
      (await import('./command.ts')).replication(rb, flags),
    );
    limited(look('indexes', 'missing, unused, invalid and duplicate ones'))
      .option('--min-size <size>', 'tables smaller than this may be read from end to end: 512kB, 8MB, 1GB')
      .action(async (flags: IndexesFlags) => (await import('./command.ts')).indexes(rb, flags));
    limited(look('size', 'database, largest tables with indexes and TOAST, WAL, temporary files')).action(
      async (flags: LimitFlags) => (await import('./command.ts')).size(rb, flags),
    );
    limited(look('bloat', 'space that is wasted in tables and B-tree indexes, estimated')).action(
      async (flags: LimitFlags) => (await import('./command.ts')).bloat(rb, flags),
    );
    look('wal', 'the write-ahead log, and what keeps it: slots, archiving, settings').action(async (flags: LookFlags) =>
      (await import('./command.ts')).wal(rb, flags),
    );
    limited(look('slow', 'where the time goes, from pg_stat_statements; --reset forgets'))
      .option('--by <order>', 'total, mean, max or calls', 'total')
      .option('--reset', 'forget the statistics of all databases')
      .action(async (flags: SlowFlags) => (await import('./command.ts')).slow(rb, flags));
    look('blocking', 'who waits for whom, from the root; --resolve cancels the root')
      .option('--resolve', 'cancel what stands at the root of those that wait, after a confirmation')
      .action(async (flags: LookFlags & { readonly resolve?: true }) =>
        (await import('./command.ts')).blocking(rb, flags),
      );
    limited(look('vacuum', 'VACUUM (ANALYZE) of a table, with progress; --status shows which need it'))
      .argument('[table]', 'as SQL has it: orders, sales."Orders"')
      .option('--status', 'show which tables need it, and what runs')
      .option('--no-analyze', 'only VACUUM')
      .action(async (table: string | undefined, flags: VacuumFlags) =>
        (await import('./command.ts')).vacuum(rb, table, flags),
      );
    const ofPid = (name: 'cancel' | 'terminate', summary: string) =>
      command(name, summary)
        .argument('<pid>', 'the process id of the session, as rb db running shows it')
        .action(async (pid: string, flags: OnFlag) => (await import('./command.ts'))[name](rb, pid, flags));
    ofPid('cancel', 'cancel what a session is doing; the session stays');
    ofPid('terminate', 'end a session; its open transaction is rolled back');
    command('kill-idle', 'end sessions that have done nothing for a while')
      .option('--older-than <duration>', 'idle for so long or longer (otherwise idleMinutes of the configuration)')
      .option('--user <name>', 'only this role (repeatable)', collect)
      .option('--application <name>', 'only this application_name (repeatable)', collect)
      .option('--database <name>', 'only this database (repeatable)', collect)
      .option('--include-idle-in-transaction', 'also those that hold a transaction open: it is rolled back (tier 3)')
      .action(async (flags: KillIdleFlags) => (await import('./command.ts')).killIdle(rb, flags));
  },
  help: async () => (await import('./help.ts')).help,
  menu: [
    {
      section: '2.3',
      title: 'Database connections',
      command: 'db connections',
      summary: 'by state, application, user; how many are left',
    },
    {
      section: '2.3',
      title: 'End idle connections',
      command: 'db kill-idle',
      summary: 'those that have done nothing for a while',
    },
    {
      section: '2.3',
      title: 'Running queries',
      command: 'db running',
      summary: 'long ones, what they wait for, what they hold open',
    },
    {
      section: '2.3',
      title: 'Replication',
      command: 'db replication',
      summary: 'how far replicas lie behind, seen from both ends',
    },
    { section: '2.3', title: 'Vacuum', command: 'db vacuum --status', summary: 'dead rows, wraparound, what runs now' },
    { section: '3.3', title: 'Slow queries', command: 'db slow', summary: 'where the time goes (pg_stat_statements)' },
    { section: '3.3', title: 'Blocking queries', command: 'db blocking', summary: 'who waits for whom, from the root' },
    { section: '3.3', title: 'Indexes', command: 'db indexes', summary: 'missing, unused, invalid, duplicate' },
    { section: '3.6', title: 'Database size', command: 'db size', summary: 'tables, indexes, WAL, temporary files' },
    {
      section: '3.6',
      title: 'Bloat',
      command: 'db bloat',
      summary: 'space that dead rows have left behind, estimated',
    },
    { section: '3.6', title: 'WAL', command: 'db wal', summary: 'the write-ahead log and what keeps it' },
  ],
  procedures: {
    ...looks('db.connections', async () => (await import('./activity/connections.ts')).connections),
    ...looks('db.running', async () => (await import('./activity/running.ts')).running),
    ...looks('db.replication', async () => (await import('./replication/replication.ts')).replication),
    ...looks('db.indexes', async () => (await import('./storage/indexes.ts')).indexes),
    ...looks('db.size', async () => (await import('./storage/size.ts')).size),
    ...looks('db.bloat', async () => (await import('./storage/bloat.ts')).bloat),
    ...looks('db.wal', async () => (await import('./replication/wal.ts')).wal),
    ...looks('db.slow', async () => (await import('./activity/slow.ts')).slow),
    ...looks('db.blocking', async () => (await import('./blocking/blocking.ts')).blocking),
    ...looks('db.vacuum-status', async () => (await import('./vacuum/vacuum-status.ts')).vacuumStatus),
    'db.slow.reset': async () => (await import('./activity/slow-reset.ts')).slowReset,
    'db.blocking.resolve': async () => (await import('./blocking/blocking-resolve.ts')).blockingResolve,
    'db.vacuum': async () => (await import('./vacuum/vacuum.ts')).vacuum,
    'db.cancel': async () => (await import('./ending/cancel.ts')).cancel,
    'db.terminate': async () => (await import('./ending/terminate.ts')).terminate,
    'db.kill-idle': async () => (await import('./idle/kill-idle.ts')).killIdle,
  },
};

/** A look is two procedures: once, and again and again. */
function looks(id: string, load: () => Promise<{ readonly once: () => Described; readonly watched: () => Described }>) {
  return { [id]: async () => (await load()).once(), [`${id}.watch`]: async () => (await load()).watched() };
}

const limited = (one: Command): Command => one.option('--limit <n>', 'how many to show', '20');

/** For an option that may be given several times. */
const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

const examples = `Examples:
  rb db connections                    by state, application, user; how many are left
  rb db running --watch 2              long queries, every two seconds
  rb db kill-idle --dry-run            whom would it end?
  rb db kill-idle --older-than 10m --application reports
  rb db blocking                       who waits for whom, from the root
  rb db vacuum orders                  VACUUM (ANALYZE), with progress
`;
