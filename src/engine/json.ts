import type * as z from 'zod/mini';

/** A value that survives a trip through the audit log: everything a resumed session needs must be one of these. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What data looks like. The same type goes in and comes out (no transform, default or date): data is parsed again on resume. */
export type Schema<Data extends Json> = z.ZodMiniType<Data, Data>;

/** Why data does not fit its schema: `instances.0.id: Invalid input`. */
export const problemsIn = ({
  issues,
}: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}): string => issues.map(({ path, message }) => `${path.map(String).join('.') || 'the whole'}: ${message}`).join('; ');
