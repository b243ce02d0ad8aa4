import * as z from 'zod/mini';
import type { Json, Schema } from '../../../engine/json.ts';

// What the data of several steps is made of. These schemas are the contract of `-o json`; what they do not name is left out.

/** An array that answers of the port fit into as they are. */
export const list = <Item extends Json>(item: Schema<Item>): Schema<readonly Item[]> => z.array(item);

export const nullableText = z.nullable(z.string());
export const nullableNumber = z.nullable(z.number());

/** A part of the answer that the server does not give, and why. */
export const UnavailableData = z.object({ part: z.string(), why: z.string() });

/** Who answered. */
export const ServerData = z.object({
  address: z.string(),
  database: z.string(),
  user: z.string(),
  systemIdentifier: nullableText,
  role: z.enum(['primary', 'replica']),
  version: z.string(),
  seesEverything: z.boolean(),
});
