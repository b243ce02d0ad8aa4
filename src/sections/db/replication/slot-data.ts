import * as z from 'zod/mini';
import { nullableNumber, nullableText } from '../reading/data.ts';

/** A replication slot as `-o json` has it. */
export const SlotData = z.object({
  name: z.string(),
  type: z.enum(['physical', 'logical']),
  database: nullableText,
  active: z.boolean(),
  temporary: z.boolean(),
  synchronised: z.boolean(),
  retainedBytes: nullableNumber,
  walStatus: nullableText,
  safeBytes: nullableNumber,
  inactiveMs: nullableNumber,
  xminAge: nullableNumber,
});
