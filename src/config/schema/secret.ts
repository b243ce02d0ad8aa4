import type { $ZodType } from 'zod/v4/core';
import { clone } from 'zod/mini';
import { defOf } from './schema-of.ts';

/*
 * What is secret is said by the schema, where the value is declared, and not guessed from the name of its key. Passwords inside of
 * addresses are found by their place in the address; arguments and variables of commands, which no schema knows, by their names.
 */

const secrets = new WeakSet<$ZodType>();

/** The same value as a secret: never shown, recorded, repeated in an error or kept in a cache where it is written out. */
export const secret = <Schema extends $ZodType>(schema: Schema): Schema => {
  // Equal schemas are shared, and the others of them are not secret.
  const own = clone(schema);
  secrets.add(own);
  return own;
};

/** Is what stands at this path of a value, or around it, a secret? Where there are several forms, one that says so is enough. */
export const isSecretPlace = (schema: $ZodType, path: readonly PropertyKey[]): boolean => {
  if (secrets.has(schema)) return true;
  const def = defOf(schema);
  const [key, ...rest] = path;
  switch (def.type) {
    case 'optional':
    case 'default':
    case 'prefault':
    case 'nullable':
      return isSecretPlace(def.innerType, path);
    case 'pipe':
      return isSecretPlace(def.in, path) || isSecretPlace(def.out, path);
    case 'union':
      return def.options.some((option) => isSecretPlace(option, path));
    case 'object': {
      const inner = key !== undefined && Object.hasOwn(def.shape, key) ? def.shape[String(key)] : undefined;
      return inner !== undefined && isSecretPlace(inner, rest);
    }
    case 'array':
      return key !== undefined && isSecretPlace(def.element, rest);
    case 'record':
      return key !== undefined && isSecretPlace(def.valueType, rest);
    default:
      return false;
  }
};
