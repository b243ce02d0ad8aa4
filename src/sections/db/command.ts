import type { Command } from 'commander';
import { parseDuration } from '../../config/duration.ts';
import type { Register } from '../section.ts';
import { connections } from './connections.ts';
import { collect, runLook, withOn } from './flags.ts';
import type { LookFlags, OnFlag } from './flags.ts';
import { examples, help } from './help.ts';
import { killIdle } from './kill-idle.ts';

interface KillIdleFlags extends OnFlag {
  readonly olderThan?: string;
  readonly user?: readonly string[];
  readonly application?: readonly string[];
  readonly database?: readonly string[];
  readonly includeIdleInTransaction?: true;
}

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

  look('connections').action((flags: LookFlags) => runLook(rb, connections, flags, {}));

  command('kill-idle')
    .option('--older-than <duration>', 'idle for so long or longer (otherwise idleMinutes of the configuration)')
    .option('--user <name>', 'only this role (repeatable)', collect)
    .option('--application <name>', 'only this application_name (repeatable)', collect)
    .option('--database <name>', 'only this database (repeatable)', collect)
    .option('--include-idle-in-transaction', 'also those that hold a transaction open: it is rolled back (tier 3)')
    .action(async (flags: KillIdleFlags) =>
      rb.run(killIdle, {
        olderThanMs:
          flags.olderThan === undefined
            ? ((await rb.settings()).environment.database?.idleMinutes ?? 5) * 60_000
            : parseDuration(flags.olderThan, '--older-than'),
        users: flags.user ?? [],
        applications: flags.application ?? [],
        databases: flags.database ?? [],
        includeIdleInTransaction: flags.includeIdleInTransaction ?? false,
        ...(flags.on === undefined ? {} : { on: flags.on }),
      }),
    );
};
