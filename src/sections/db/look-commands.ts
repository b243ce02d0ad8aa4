import type { Command } from 'commander';
import { parseDuration } from '../../config/duration.ts';
import type { Rb } from '../section.ts';
import { runLook, size as sizeFlag, wholeNumber } from './flags.ts';
import type { LookFlags } from './flags.ts';
import { indexLimits } from './indexes-judgement.ts';

/** What only looks. `look` makes the command with the flags that all of them have. Each look is loaded when it is typed. */
export const addLooks = (rb: Rb, look: (name: Looks) => Command): void => {
  look('connections').action(async (flags: LookFlags) =>
    runLook(rb, (await import('./connections.ts')).connections, flags, {}),
  );
  look('running')
    .option('--older-than <duration>', 'at work for so long or longer (otherwise longRunningMinutes)')
    .action(async (flags: LookFlags & { readonly olderThan?: string }) =>
      runLook(
        rb,
        (await import('./running.ts')).running,
        flags,
        flags.olderThan === undefined ? {} : { olderThanMs: parseDuration(flags.olderThan, '--older-than') },
      ),
    );
  look('replication').action(async (flags: LookFlags) =>
    runLook(rb, (await import('./replication.ts')).replication, flags, {}),
  );
  limited(look('indexes'))
    .option('--min-size <size>', 'tables smaller than this may be read from end to end: 512kB, 8MB, 1GB')
    .action(async (flags: LimitFlags & { readonly minSize?: string }) =>
      runLook(rb, (await import('./indexes.ts')).indexes, flags, {
        limit: limitOf(flags),
        minBytes: flags.minSize === undefined ? indexLimits.tableBytes : sizeFlag(flags.minSize, '--min-size'),
      }),
    );
  limited(look('size')).action(async (flags: LimitFlags) =>
    runLook(rb, (await import('./size.ts')).size, flags, { limit: limitOf(flags) }),
  );
  limited(look('bloat')).action(async (flags: LimitFlags) =>
    runLook(rb, (await import('./bloat.ts')).bloat, flags, { limit: limitOf(flags) }),
  );
  look('wal').action(async (flags: LookFlags) => runLook(rb, (await import('./wal.ts')).wal, flags, {}));
};

type Looks = 'connections' | 'running' | 'replication' | 'indexes' | 'size' | 'bloat' | 'wal';

export interface LimitFlags extends LookFlags {
  readonly limit: string;
}

export const limited = (command: Command): Command => command.option('--limit <n>', 'how many to show', '20');

export const limitOf = ({ limit }: Pick<LimitFlags, 'limit'>): number => wholeNumber(limit, '--limit', 1, 500);
