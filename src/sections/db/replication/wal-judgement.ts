import { critical, judgement, ok, unknown, warn } from '../../../engine/judgement.ts';
import type { Judgement } from '../../../engine/judgement.ts';
import type { WalView } from '../../../providers/database/port.ts';
import { bytes } from '../../../words/bytes.ts';
import { counted } from '../../../words/counts.ts';

/** Of what the settings let one expect (max_wal_size, wal_keep_size): so many times more means that something keeps it. */
export const walLimits = { warnTimes: 2, criticalTimes: 10, warnWaitingFiles: 10, criticalWaitingFiles: 100 } as const;

/** What the directory may be expected to hold. */
export const expectedWalBytes = ({ maxWalBytes, keepBytes }: Pick<WalView, 'maxWalBytes' | 'keepBytes'>): number =>
  Math.max(maxWalBytes, keepBytes);

/** The last attempt to archive a file failed. */
const isFailing = ({ lastFailedMs, lastArchivedMs }: WalView['archiving']): boolean =>
  lastFailedMs !== null && (lastArchivedMs === null || lastFailedMs < lastArchivedMs);

export const judgeDirectory = ({
  directory,
  ...wal
}: Pick<WalView, 'directory' | 'maxWalBytes' | 'keepBytes'>): Judgement => {
  if (directory === null) return unknown('its size cannot be seen');
  const expected = expectedWalBytes(wal);
  const times = directory.bytes / expected;
  const why = `${bytes(directory.bytes)}, where the settings let one expect ${bytes(expected)}`;
  if (times >= walLimits.criticalTimes) return critical(why, 'rb db replication', 'rb db size');
  return times >= walLimits.warnTimes ? warn(why, 'rb db replication', 'rb db size') : ok;
};

/** WAL that is not archived is kept, and what is lost with the disk is not in the backup. */
export const judgeArchiving = (archiving: WalView['archiving']): Judgement => {
  if (archiving.mode === 'off') return ok;
  const { waiting } = archiving;
  const wait = `${counted(waiting ?? 0, 'file')} ${waiting === 1 ? 'waits' : 'wait'}`;
  return judgement(
    !archiving.configured && warn('is on without a command (archive_command), so WAL is kept', 'SHOW archive_command'),
    isFailing(archiving) &&
      warn(
        `fails at ${archiving.lastFailedFile ?? 'a file'}`,
        'see the log of the server for what archive_command says',
      ),
    archiving.archived === null && unknown('cannot see whether it works'),
    waiting === null && unknown('cannot see how many files wait'),
    waiting !== null && waiting >= walLimits.criticalWaitingFiles && critical(wait),
    waiting !== null && waiting >= walLimits.warnWaitingFiles && waiting < walLimits.criticalWaitingFiles && warn(wait),
  );
};
