import * as z from 'zod/mini';
import type { DataFinding } from '../../../engine/finding.ts';
import { judged, ok } from '../../../engine/judgement.ts';
import type { JudgedRow } from '../../../engine/judgement.ts';
import type { From, WalView } from '../../../providers/database/port.ts';
import { list, nullableNumber, nullableText, ServerData, UnavailableData } from '../reading/data.ts';
import { databaseLook } from '../reading/database-look.ts';
import { isUnavailable, onServer, placeOf, unseenParts } from '../reading/server.ts';
import { SlotData } from './slot-data.ts';
import { slotRow } from './slots-judgement.ts';
import { age } from '../../../words/ages.ts';
import { bytes } from '../../../words/bytes.ts';
import { counted } from '../../../words/counts.ts';
import { expectedWalBytes, judgeArchiving, judgeDirectory, walLimits } from './wal-judgement.ts';

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
});

const walFinding = ({ server, ...found }: From<WalView>): DataFinding<z.output<typeof WalData>> => {
  const { directory, slots, archiving } = found;
  return {
    ...judged({
      about: [
        directory === null
          ? `the WAL of ${placeOf(server)}`
          : `${bytes(directory.bytes)} of WAL in ${counted(directory.files, 'file')} on ${placeOf(server)}, ${bytes(expectedWalBytes(found))} expected`,
        counted(slots.length, 'replication slot'),
        archivingWords(archiving),
      ].join('; '),
      columns: [{ title: 'what' }, { title: 'value', narrows: true }],
      rows: rowsOf(found),
      unseen: unseenParts(found),
    }),
    data: {
      server,
      ...found,
      thresholds: { ...walLimits, expectedBytes: expectedWalBytes(found) },
    },
  };
};

const archivingWords = (archiving: WalView['archiving']): string => {
  if (archiving.mode === 'off') return 'archiving is off';
  if (judgeArchiving(archiving).verdict !== 'ok') return 'archiving is on';
  return archiving.archived === 0 ? 'nothing has been archived yet' : 'archiving works';
};

const rowsOf = ({ slots, archiving, directory, ...found }: Omit<From<WalView>, 'server'>): readonly JudgedRow[] => [
  {
    name: 'pg_wal',
    cells: ['pg_wal', directory && `${bytes(directory.bytes)} in ${counted(directory.files, 'file')}`],
    marks: 1,
    judgement: isUnavailable(found, 'the WAL directory') ? ok : judgeDirectory({ directory, ...found }),
  },
  ...(archiving.mode === 'off' ? [] : archivingRows(archiving)),
  ...slots.map((slot) => slotRow(slot, [`slot ${slot.name} (${slot.type})`])),
  setting('max_wal_size', bytes(found.maxWalBytes)),
  setting('wal_keep_size', bytes(found.keepBytes)),
  setting('max_slot_wal_keep_size', bytes(found.maxSlotKeepBytes) ?? 'no limit'),
  setting('wal_level', found.level),
  setting('last checkpoint', found.lastCheckpointMs === null ? null : `${age(found.lastCheckpointMs)} ago`),
];

const setting = (name: string, value: string | null): JudgedRow => ({ name, cells: [name, value], judgement: ok });

const archivingRows = (archiving: WalView['archiving']): readonly JudgedRow[] => {
  const { waiting, archived, failed, lastArchivedMs } = archiving;
  return [
    {
      name: 'archiving',
      cells: [
        'archiving',
        [
          ...(archived === null ? [] : [`${archived} archived, ${failed} failed`]),
          `${waiting ?? 'cannot see how many'} wait`,
        ].join(', '),
      ],
      marks: 1,
      judgement: judgeArchiving(archiving),
    },
    ...(archived === null
      ? []
      : [setting('last archived', lastArchivedMs === null ? 'never' : `${age(lastArchivedMs)} ago`)]),
  ];
};
