/** A value that survives a trip through the audit log: everything a resumed session needs must be one of these. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };
