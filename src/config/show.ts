import { isObject } from '../engine/json.ts';
import type { Json, JsonObject } from '../engine/json.ts';
import { keyPath } from './file/key-path.ts';
import type { LoadedConfig } from './file/load.ts';
import type { Redactor } from './secrets/redaction.ts';
import { registerPasswords } from './references/references.ts';
import { hidden, isSecretText, passwordsIn, withoutPasswords } from './secrets/secret-keys.ts';
import type { SecretPlaces } from './secrets/secret-keys.ts';
import { textsIn } from './references/texts.ts';
import type { PlacedText } from './references/texts.ts';

type WithSecrets = Pick<LoadedConfig, 'config' | 'secrets'>;

/** The configuration as it is in effect: defaults filled in, references as they are written, literal secrets as `‹secret›`. */
export const withoutSecrets = ({ config, secrets }: WithSecrets): JsonObject => shownFields(config, [], secrets);

/** The same as YAML. */
export const showYaml = async (loaded: WithSecrets): Promise<string> => {
  const { stringify } = await import('yaml');
  return stringify(withoutSecrets(loaded), { lineWidth: 0, aliasDuplicateObjects: false });
};

/** Registers the secrets that are written out in the configuration, under the key where they are. */
export const registerLiteralSecrets = ({ config, secrets }: WithSecrets, redactor: Pick<Redactor, 'add'>): void => {
  for (const placed of textsIn(config)) {
    const { path, text } = placed;
    if (isSecretText(placed, secrets)) redactor.add(keyPath(path), text);
    if (passwordsIn(text).length > 0) registerPasswords(redactor, keyPath(path), text);
  }
};

const shown = (value: Json, path: PlacedText['path'], secrets: SecretPlaces, around: readonly Json[] = []): Json => {
  if (typeof value === 'string')
    return isSecretText({ text: value, path, around }, secrets) ? hidden : withoutPasswords(value);
  if (Array.isArray(value)) return value.map((item, index, items) => shown(item, [...path, index], secrets, items));
  return isObject(value) ? shownFields(value, path, secrets) : value;
};

const shownFields = (fields: JsonObject, path: PlacedText['path'], secrets: SecretPlaces): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).map(([key, inner]) => [
      key,
      inner === undefined ? inner : shown(inner, [...path, key], secrets),
    ]),
  );
