import type { Verdict } from '../../../engine/finding.ts';
import { worst } from '../../../engine/finding.ts';
import type { WalView } from '../../../providers/database/port.ts';
import { judgeSlots } from './slots-judgement.ts';

/** Of what the settings let one expect (max_wal_size, wal_keep_size): so many times more means that something keeps it. */
export const walLimits = { warnTimes: 2, criticalTimes: 10, warnWaitingFiles: 10, criticalWaitingFiles: 100 } as const;

/** What the directory may be expected to hold. */
export const expectedWalBytes = ({ maxWalBytes, keepBytes }: Pick<WalView, 'maxWalBytes' | 'keepBytes'>): number =>
  Math.max(maxWalBytes, keepBytes);

/** The last attempt to archive a file failed. */
export const isFailing = ({ lastFailedMs, lastArchivedMs }: WalView['archiving']): boolean =>
  lastFailedMs !== null && (lastArchivedMs === null || lastFailedMs < lastArchivedMs);

export const judgeWal = (wal: WalView): Verdict =>
  worst([judgeDirectory(wal), judgeArchiving(wal.archiving), judgeSlots(wal.slots)]);

const judgeDirectory = ({ directory, ...wal }: WalView): Verdict => {
  if (directory === null) return 'unknown';
  const times = directory.bytes / expectedWalBytes(wal);
  if (times >= walLimits.criticalTimes) return 'critical';
  return times >= walLimits.warnTimes ? 'warn' : 'ok';
};

/** WAL that is not archived is kept, and what is lost with the disk is not in the backup. */
const judgeArchiving = (archiving: WalView['archiving']): Verdict => {
  if (archiving.mode === 'off') return 'ok';
  const waiting = archiving.waiting ?? 0;
  if (waiting >= walLimits.criticalWaitingFiles) return 'critical';
  if (isFailing(archiving) || !archiving.configured || waiting >= walLimits.warnWaitingFiles) return 'warn';
  return archiving.waiting === null ? 'unknown' : 'ok';
};
