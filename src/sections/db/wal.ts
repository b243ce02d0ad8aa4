import type { Cell, Finding } from '../../engine/finding.ts';
import type { From, WalView } from '../../providers/database/port.ts';
import { read } from './read.ts';
import { placeOf, serverData } from './server.ts';
import { slotCell, slotsData } from './slots-table.ts';
import { age, bytes, counted } from './units.ts';
import { expectedWalBytes, isFailing, judgeWal, walLimits } from './wal-judgement.ts';

/** Section 3.6 of the runbook, "WAL accumulation": how much there is, and what keeps it. */
export const wal = read({
  id: 'wal',
  section: '3.6',
  title: 'WAL',
  input: {},
  look: async ({ server, ...call }) => walFinding(await server.wal(call)),
  next: ['rb db replication', 'rb db size'],
});

const walFinding = ({ server, ...found }: From<WalView>): Finding => {
  const { directory, slots, archiving } = found;
  return {
    verdict: judgeWal(found),
    summary: [
      directory === null
        ? `cannot see the WAL directory of ${placeOf(server)}`
        : `${bytes(directory.bytes)} of WAL in ${counted(directory.files, 'file')} on ${placeOf(server)}, ${bytes(expectedWalBytes(found))} expected`,
      counted(slots.length, 'replication slot'),
      archivingWords(archiving),
    ].join('; '),
    evidence: { columns: [{ title: 'what' }, { title: 'value' }], rows: rowsOf(found) },
    data: {
      server: serverData(server),
      ...found,
      directory: directory && { ...directory },
      slots: slotsData(slots),
      archiving: { ...archiving },
      thresholds: { ...walLimits, expectedBytes: expectedWalBytes(found) },
    },
  };
};

const archivingWords = (archiving: WalView['archiving']): string => {
  if (archiving.mode === 'off') return 'archiving is off';
  if (!archiving.configured) return 'archiving is on, and nothing is said that archives: WAL is kept (archive_command)';
  if (archiving.archived === 0 && !isFailing(archiving)) return 'nothing has been archived yet';
  return isFailing(archiving) ? `archiving fails: ${archiving.lastFailedFile}` : 'archiving works';
};

const rowsOf = ({ slots, archiving, ...found }: WalView): readonly (readonly Cell[])[] => [
  ['max_wal_size', bytes(found.maxWalBytes)],
  ['wal_keep_size', bytes(found.keepBytes)],
  ['max_slot_wal_keep_size', bytes(found.maxSlotKeepBytes) ?? 'no limit'],
  ['wal_level', found.level],
  ['last checkpoint', found.lastCheckpointMs === null ? null : `${age(found.lastCheckpointMs)} ago`],
  ...(archiving.mode === 'off' ? [] : archivingRows(archiving)),
  ...slots.map((slot): readonly Cell[] => [`slot ${slot.name} (${slot.type})`, slotCell(slot)]),
];

const archivingRows = ({ waiting, archived, failed, lastArchivedMs }: WalView['archiving']): readonly Cell[][] => [
  ['archived', `${archived}, ${failed} failed, ${waiting ?? 'cannot see how many'} wait`],
  ['last archived', lastArchivedMs === null ? 'never' : `${age(lastArchivedMs)} ago`],
];
