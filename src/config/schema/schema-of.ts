import type { $ZodType, $ZodTypes } from 'zod/v4/core';

/** How a schema is made. Every schema is one of the library's own; its types only say so one way. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion, no-underscore-dangle
export const defOf = (schema: $ZodType): $ZodTypes['_zod']['def'] => (schema as $ZodTypes)._zod.def;
