import type { $ZodType } from 'zod/v4/core';
import { clone } from 'zod/mini';
import { defOf } from './schema-of.ts';

/*
 * What `{{name}}` may stand for in a command is said by the schema, where the command is declared. Whoever checks a configuration or
 * asks whether to trust it reads the schema and the values side by side.
 */

const filled = new WeakMap<$ZodType, readonly string[]>();

/** Every command has these. */
const common = ['service', 'environment'];

/** The same schema, as the words of a command. */
export const filling = <Schema extends $ZodType>(schema: Schema, placeholders: readonly string[]): Schema => {
  // Equal schemas are shared, and the others of them have other placeholders.
  const own = clone(schema);
  filled.set(own, [...common, ...placeholders]);
  return own;
};

/** A command in the configuration. */
export interface CommandSite {
  readonly path: readonly (string | number)[];
  readonly words: readonly string[];
  /** What `{{name}}` may stand for in its words and variables. */
  readonly placeholders: readonly string[];
}

/** All commands of a valid value, with the path of their first word's list. */
export const commandSites = (
  schema: $ZodType,
  value: unknown,
  path: readonly (string | number)[] = [],
): readonly CommandSite[] => {
  const placeholders = filled.get(schema);
  if (placeholders) return Array.isArray(value) ? [{ path, words: value.map(String), placeholders }] : [];
  const def = defOf(schema);
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
    case 'nullable':
      return commandSites(def.innerType, value, path);
    case 'union':
      // A value has commands only where it has the form of the option that declares them.
      return def.options
        .filter((option) => hasForm(option, value))
        .slice(0, 1)
        .flatMap((option) => commandSites(option, value, path));
    case 'object':
      return Object.entries(def.shape).flatMap(([key, inner]) => {
        const field = fieldOf(value, key);
        return field === undefined ? [] : commandSites(inner, field, [...path, key]);
      });
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((item, index) => commandSites(def.element, item, [...path, index]))
        : [];
    case 'record':
      return isMapping(value)
        ? Object.entries(value).flatMap(([key, field]) => commandSites(def.valueType, field, [...path, key]))
        : [];
    default:
      return [];
  }
};

const isMapping = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fieldOf = (value: unknown, key: string): unknown =>
  isMapping(value) && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;

/** A list for a list, a mapping for a mapping; of several mappings the one with the same `provider`. */
const hasForm = (schema: $ZodType, value: unknown): boolean => {
  const def = defOf(schema);
  if (def.type === 'array') return Array.isArray(value);
  if (def.type !== 'object' || !isMapping(value)) return false;
  const provider = def.shape['provider'];
  if (!provider) return true;
  const named = defOf(provider);
  return named.type === 'literal' && named.values.some((one) => one === fieldOf(value, 'provider'));
};
