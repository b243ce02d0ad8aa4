import * as z from 'zod/mini';
import type { Json, Schema } from './json.ts';

/** The schema of data that another part owns and parses: an adapter's part of a change, a platform's own facts. */
export const anyJson: Schema<Json> = z.custom<Json>((value) => value !== undefined);
