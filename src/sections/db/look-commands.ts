import type { Command } from 'commander';
import { parseDuration } from '../../config/duration.ts';
import type { Rb } from '../section.ts';
import { bloat } from './bloat.ts';
import { connections } from './connections.ts';
import { runLook, size as sizeFlag, wholeNumber } from './flags.ts';
import type { LookFlags } from './flags.ts';
import { indexLimits } from './indexes-judgement.ts';
import { indexes } from './indexes.ts';
import { replication } from './replication.ts';
import { running } from './running.ts';
import { size } from './size.ts';
import { wal } from './wal.ts';

/** What only looks. `look` makes the command with the flags that all of them have. */
export const addLooks = (rb: Rb, look: (name: Looks) => Command): void => {
  look('connections').action((flags: LookFlags) => runLook(rb, connections, flags, {}));
  look('running')
    .option('--older-than <duration>', 'at work for so long or longer (otherwise longRunningMinutes)')
    .action((flags: LookFlags & { readonly olderThan?: string }) =>
      runLook(
        rb,
        running,
        flags,
        flags.olderThan === undefined ? {} : { olderThanMs: parseDuration(flags.olderThan, '--older-than') },
      ),
    );
  look('replication').action((flags: LookFlags) => runLook(rb, replication, flags, {}));
  limited(look('indexes'))
    .option('--min-size <size>', 'tables smaller than this may be read from end to end: 512kB, 8MB, 1GB')
    .action((flags: LimitFlags & { readonly minSize?: string }) =>
      runLook(rb, indexes, flags, {
        limit: limitOf(flags),
        minBytes: flags.minSize === undefined ? indexLimits.tableBytes : sizeFlag(flags.minSize, '--min-size'),
      }),
    );
  limited(look('size')).action((flags: LimitFlags) => runLook(rb, size, flags, { limit: limitOf(flags) }));
  limited(look('bloat')).action((flags: LimitFlags) => runLook(rb, bloat, flags, { limit: limitOf(flags) }));
  look('wal').action((flags: LookFlags) => runLook(rb, wal, flags, {}));
};

type Looks = 'connections' | 'running' | 'replication' | 'indexes' | 'size' | 'bloat' | 'wal';

export interface LimitFlags extends LookFlags {
  readonly limit: string;
}

export const limited = (command: Command): Command => command.option('--limit <n>', 'how many to show', '20');

export const limitOf = ({ limit }: Pick<LimitFlags, 'limit'>): number => wholeNumber(limit, '--limit', 1, 500);
