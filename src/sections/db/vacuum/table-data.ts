import * as z from 'zod/mini';
import { nullableNumber } from '../reading/data.ts';

/** What the statistics say of a table's rows. */
export const TableRowsData = z.object({
  live: z.number(),
  dead: z.number(),
  changed: z.number(),
  lastVacuumMs: nullableNumber,
  lastAutovacuumMs: nullableNumber,
  lastAnalyzeMs: nullableNumber,
  lastAutoanalyzeMs: nullableNumber,
  vacuums: z.number(),
  analyzes: z.number(),
});

/** A table that VACUUM takes, as it was when it was looked up. */
export const TableData = z.object({
  oid: z.number(),
  name: z.string(),
  owner: z.string(),
  kind: z.enum(['table', 'materialised view', 'partitioned table']),
  mayVacuum: z.boolean(),
  bytes: z.number(),
  rows: TableRowsData,
});
