import { dirname, resolve } from 'node:path';
import { RunbookError } from '../../engine/errors.ts';
import { fileName } from './file-name.ts';
import { noConfig } from './find.ts';
import { keyPath } from './key-path.ts';
import { inOrder, oneLine, problemsIn } from '../check/problems.ts';
import type { Problem } from '../check/problems.ts';
import type { Config, ConfigDescription } from '../schema.ts';
import { factsOf } from '../check/facts.ts';
import type { ConfigFacts } from '../check/facts.ts';
import { isSecretPlace } from '../schema/secret.ts';
import type { SecretPlaces } from '../secrets/secret-keys.ts';
import { readSource } from './source.ts';
import type { ConfigSource } from './source.ts';
import { textsIn } from '../references/texts.ts';
import { readYaml } from './yaml-source.ts';
import type { Places, PlaceTable } from './places.ts';

export interface LoadedConfig {
  /** Absolute. */
  readonly path: string;
  /** How the file is called in messages: relative where it lies below the current directory. */
  readonly file: string;
  /** Relative paths in the configuration begin here, and its commands run here. */
  readonly directory: string;
  /** Defaults are filled in; secrets are still references. */
  readonly config: Config;
  /** Where the schema has secrets. A configuration that is remembered has none written out, and this is empty. */
  readonly secrets: SecretPlaces;
  /** What the capabilities say of this configuration. */
  readonly facts: ConfigFacts;
  readonly document: Places;
  readonly source: ConfigSource;
  /** SHA-256, in hex, of the text that `config` was made from. */
  readonly digest: () => Promise<string>;
}

/** What can be kept, so that the same text need not be read and checked again. */
export interface CheckedText {
  readonly config: Config;
  readonly facts: ConfigFacts;
  readonly table: PlaceTable;
}

/**
 * Reads and checks a configuration, and gives what is worth keeping of it. `cwd` only shortens the file's name in messages.
 * Errors: `usage` with every problem there is, each with line, column, key, what was expected and what was found. Values
 * that may be secrets are not repeated.
 */
export const loadAndCheck = (
  path: string,
  description: ConfigDescription,
  { cwd, source: given }: { readonly cwd?: string | undefined; readonly source?: ConfigSource } = {},
): { readonly loaded: LoadedConfig; readonly checked: () => CheckedText } => {
  const absolute = resolve(path);
  const file = fileName(absolute, cwd);
  const source = given ?? readSource(absolute, file);
  const yaml = readYaml(source.text);
  if ('faults' in yaml) throw syntaxError(file, yaml.faults);
  if (yaml.values === null || yaml.values === undefined) throw noConfig(`${file} is empty`, file);
  // Compiling a validator pays off after many values; here there is one.
  const result = description.schema.safeParse(yaml.values, { jitless: true });
  const isSecret = (place: readonly PropertyKey[]): boolean => isSecretPlace(description.schema, place);
  if (result.error) throw invalid(file, problemsIn(result.error.issues, yaml, isSecret));
  const config = result.data;
  const facts = factsOf(config, (place) => yaml.has(place), description);
  const digest = async () => (await import('../../files/sha256.ts')).sha256(source.text);
  return {
    loaded: {
      path: absolute,
      file,
      directory: dirname(absolute),
      config,
      secrets: new Set(textsIn(config).flatMap((placed) => (isSecret(placed.path) ? [keyPath(placed.path)] : []))),
      facts,
      document: yaml,
      source,
      digest,
    },
    checked: () => ({ config, facts, table: yaml.table() }),
  };
};

const syntaxError = (file: string, faults: readonly Omit<Problem, 'key'>[]): RunbookError =>
  invalid(
    file,
    // The first fault of a malformed file often causes the others; a dozen is enough to work on.
    inOrder(faults.map((fault) => ({ ...fault, key: '' }))).slice(0, 12),
  );

const invalid = (file: string, problems: readonly Problem[]): RunbookError => {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new RunbookError(
    'usage',
    [`${file} has ${count}`, ...problems.map((problem) => oneLine(file, problem))].join('\n'),
    { next: ['correct the file, then: rb config check'] },
  );
};
