import type { Json, JsonObject } from '../engine/json.ts';
import type { Redactor } from './redaction.ts';
import { registerPasswords } from './references.ts';
import type { Config } from './schema.ts';
import { hidden, isSecretText, passwordsIn, withoutPasswords } from './secret-keys.ts';
import { textsIn } from './texts.ts';
import { keyPath } from './key-path.ts';

/** The configuration as it is in effect: defaults filled in, references as they are written, literal secrets as `‹secret›`. */
export const withoutSecrets = (config: Config): JsonObject => shown(config, []) as JsonObject;

/** The same as YAML. */
export const showYaml = async (config: Config): Promise<string> => {
  const { stringify } = await import('yaml');
  return stringify(withoutSecrets(config), { lineWidth: 0, aliasDuplicateObjects: false });
};

/** Registers the secrets that are written out in the configuration, under the key where they are. */
export const registerLiteralSecrets = (config: Config, redactor: Pick<Redactor, 'add'>): void => {
  for (const { path, text, around } of textsIn(config)) {
    if (isSecretText(text, path, around)) redactor.add(keyPath(path), text);
    if (passwordsIn(text).length > 0) registerPasswords(redactor, keyPath(path), text);
  }
};

const shown = (value: Json, path: readonly PropertyKey[], around: readonly Json[] = []): Json => {
  if (typeof value === 'string') return isSecretText(value, path, around) ? hidden : withoutPasswords(value);
  if (Array.isArray(value))
    return (value as readonly Json[]).map((item, index, items) => shown(item, [...path, index], items));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shown(inner, [...path, key])]));
};
