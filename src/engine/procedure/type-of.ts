import type { $ZodType, $ZodTypes } from 'zod/v4/core';

/**
 * A schema as the type that it describes: `{ id: string, at?: string | null }`. Keys in order, checks such as a minimum left out: two
 * schemas with the same text take the same data.
 */
export const typeOf = (schema: $ZodType): string => {
  const def = defOf(schema);
  switch (def.type) {
    case 'object':
      return `{ ${Object.entries(def.shape)
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([key, inner]) => field(key, inner))
        .join(', ')} }`;
    case 'array':
      return `${typeOf(def.element)}[]`;
    case 'tuple':
      return `[${[...def.items.map(typeOf), ...(def.rest ? [`...${typeOf(def.rest)}[]`] : [])].join(', ')}]`;
    case 'record':
      return `{ [${typeOf(def.keyType)}]: ${typeOf(def.valueType)} }`;
    case 'union':
      return `(${def.options.map(typeOf).join(' | ')})`;
    case 'nullable':
      return `(${typeOf(def.innerType)} | null)`;
    case 'optional':
      return `(${typeOf(def.innerType)} | undefined)`;
    case 'readonly':
      return typeOf(def.innerType);
    case 'intersection':
      return `(${typeOf(def.left)} & ${typeOf(def.right)})`;
    case 'enum':
      return `(${Object.values(def.entries)
        .map((value) => JSON.stringify(value))
        .join(' | ')})`;
    case 'literal':
      return `(${def.values.map((value) => JSON.stringify(value)).join(' | ')})`;
    case 'lazy':
      return 'recursive';
    default:
      return def.type;
  }
};

/** Every schema is one of the library's own; its types only say so one way. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion, no-underscore-dangle
const defOf = (schema: $ZodType): $ZodTypes['_zod']['def'] => (schema as $ZodTypes)._zod.def;

const field = (key: string, schema: $ZodType): string => {
  const def = defOf(schema);
  return def.type === 'optional' ? `${key}?: ${typeOf(def.innerType)}` : `${key}: ${typeOf(schema)}`;
};
