import * as z from 'zod/mini';
import type { Cell, DataFinding } from '../../../engine/finding.ts';
import type { From, WalView } from '../../../providers/database/port.ts';
import { list, nullableNumber, nullableText, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import { onServer, placeOf } from '../reading/server.ts';
import { SlotData } from './slot-data.ts';
import { slotCell } from './slots-table.ts';
import { age } from '../../../words/ages.ts';
import { bytes } from '../../../words/bytes.ts';
import { counted } from '../../../words/counts.ts';
import { expectedWalBytes, isFailing, judgeWal, walLimits } from './wal-judgement.ts';

const WalData = z.object({
  server: ServerData,
  unavailable: list(UnavailableData),
  directory: z.nullable(z.object({ bytes: z.number(), files: z.number() })),
  positionBytes: nullableNumber,
  maxWalBytes: z.number(),
  keepBytes: z.number(),
  maxSlotKeepBytes: nullableNumber,
  level: z.string(),
  slots: list(SlotData),
  archiving: z.object({
    mode: z.enum(['off', 'on', 'always']),
    configured: z.boolean(),
    archived: nullableNumber,
    failed: nullableNumber,
    lastArchivedMs: nullableNumber,
    lastFailedMs: nullableNumber,
    lastFailedFile: nullableText,
    waiting: nullableNumber,
  }),
  lastCheckpointMs: nullableNumber,
  thresholds: z.object({
    warnTimes: z.number(),
    criticalTimes: z.number(),
    warnWaitingFiles: z.number(),
    criticalWaitingFiles: z.number(),
    expectedBytes: z.number(),
  }),
});

/** Section 3.6 of the runbook, "WAL accumulation": how much there is, and what keeps it. */
export const wal = databaseLook({
  id: 'wal',
  section: '3.6',
  title: 'WAL',
  purpose: 'The write-ahead log takes more and more of the disk.',
  input: z.object(onServer),
  data: WalData,
  look: async (server, context) => walFinding(await server.wal(context)),
  next: ['rb db replication', 'rb db size'],
});

const walFinding = ({ server, ...found }: From<WalView>): DataFinding<z.output<typeof WalData>> => {
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
      server,
      ...found,
      thresholds: { ...walLimits, expectedBytes: expectedWalBytes(found) },
    },
  };
};

const archivingWords = (archiving: WalView['archiving']): string => {
  if (archiving.mode === 'off') return 'archiving is off';
  if (!archiving.configured) return 'archiving is on, and nothing is said that archives: WAL is kept (archive_command)';
  if (archiving.archived === null) return 'cannot see whether archiving works';
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
  ['archived', archived === null ? null : `${archived}, ${failed} failed, ${waiting ?? 'cannot see how many'} wait`],
  ['last archived', lastArchivedMs === null ? 'never' : `${age(lastArchivedMs)} ago`],
];
