import type { Command } from 'commander';
import type { Register } from '../section.ts';
import { connections } from './connections.ts';
import { runLook, withOn } from './flags.ts';
import type { LookFlags } from './flags.ts';
import { examples, help } from './help.ts';

export const register: Register = (program, rb) => {
  const db = program
    .command('db')
    .description('The database (PostgreSQL 13 and later): connections, queries, locks, replication, maintenance.')
    .addHelpText('before', examples);

  const look = (name: keyof typeof help): Command =>
    withOn(db.command(name))
      .summary(help[name].summary)
      .description(help[name].description)
      .addHelpText('before', help[name].examples)
      .option('--watch <seconds>', 'look again and again, until Ctrl-C');

  look('connections').action((flags: LookFlags) => runLook(rb, connections, flags, {}));
};
