import { checkReferences } from './check-references.ts';
import type { CommandSite } from '../schema/placeholders.ts';
import { keyPath } from '../file/key-path.ts';
import type { LoadedConfig } from '../file/load.ts';
import { didYouMean } from './did-you-mean.ts';
import { unkeptPromises } from './not-yet.ts';
import { programFault } from '../../files/program.ts';
import { hasReference } from '../references/reference-syntax.ts';
import { isSecretText, passwordsIn } from '../secrets/secret-keys.ts';
import type { SecretPlaces } from '../secrets/secret-keys.ts';
import { textsIn } from '../references/texts.ts';
import type { PlacedText } from '../references/texts.ts';

/** Something that the schema cannot see. */
export interface ConfigFinding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `environments.production.workload.stop[0]`. */
  readonly path: string;
  readonly level: 'error' | 'warn';
  readonly message: string;
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where programs are looked for; by default that of `env`. */
  readonly PATH?: string;
}

type Path = readonly (string | number)[];
type Told = { readonly path: Path; readonly level: 'error' | 'warn'; readonly message: string };

/**
 * What would go wrong with a configuration that is valid by itself: programs that are not there, references to nothing,
 * placeholders that nothing fills, sections that rest on others, keys that this version does not act on. In the order of the file. Runs nothing and resolves nothing.
 */
export const checkConfig = (
  loaded: LoadedConfig,
  { env, PATH = env['PATH'] ?? '' }: Surroundings,
): readonly ConfigFinding[] => {
  const surroundings = { env, directory: loaded.directory, path: PATH };
  const sites = loaded.facts.commands;
  const texts = textsIn(loaded.config);
  const told: readonly Told[] = [
    ...defaultEnvironment(loaded),
    ...loaded.facts.remarks,
    ...unused(loaded),
    ...unkeptPromises(loaded.config).map((promise): Told => ({ level: 'error', ...promise })),
    ...programs(sites, surroundings),
    ...texts.flatMap((text) => placeholders(text, sites)),
    ...texts.flatMap(({ path, text }) => checkReferences(text, surroundings).map((remark) => ({ path, ...remark }))),
    ...texts.flatMap((text) => literalSecret(text, loaded.secrets)),
    ...secretsForAllToSee(texts, sites, loaded.secrets),
  ];
  return told
    .map(({ path, level, message }) => ({
      file: loaded.file,
      ...loaded.document.position(path),
      path: keyPath(path),
      level,
      message,
    }))
    .toSorted((a, b) => a.line - b.line || a.column - b.column);
};

const defaultEnvironment = ({ config }: LoadedConfig): readonly Told[] => {
  const { defaultEnvironment: name, environments } = config;
  if (name === undefined || Object.hasOwn(environments, name)) return [];
  const names = Object.keys(environments);
  const message = `no environment ${JSON.stringify(name)}; there are: ${names.join(', ')}${didYouMean(name, names)}`;
  return [{ path: ['defaultEnvironment'], level: 'error', message }];
};

/** Once for all of them: each may be there on purpose, for a later version. */
const unused = ({ facts: { unused: paths } }: LoadedConfig): readonly Told[] => {
  const [first] = paths;
  if (!first) return [];
  const names = new Set(paths.map((path) => keyPath(path[0] === 'environments' ? path.slice(2) : path)));
  const message = `checked, and not acted on by this version of rb: ${[...names].join(', ')}`;
  return [{ path: first, level: 'warn', message }];
};

/** Many commands are the same program with other arguments: it is looked for once. */
const programs = (
  sites: readonly CommandSite[],
  search: { readonly directory: string; readonly path: string },
): readonly Told[] => {
  const words = new Set(
    sites.map((site) => site.words[0] ?? '').filter((word) => !word.includes('{{') && !hasReference(word)),
  );
  const faults = new Map([...words].map((word) => [word, programFault(word, search)]));
  return sites.flatMap((site) => {
    const fault = faults.get(site.words[0] ?? '');
    return fault === undefined ? [] : [{ path: [...site.path, 0], level: 'error', message: `cannot be run: ${fault}` }];
  });
};

const placeholder = /\{\{\s*([A-Za-z][\w.-]*)\s*\}\}/g;

const placeholders = ({ path, text }: PlacedText, sites: readonly CommandSite[]): readonly Told[] => {
  // Its names are the fields that the instances command prints.
  if (!text.includes('{{') || path.at(-1) === 'instanceHealth') return [];
  const known = sites.find((site) => isOf(site, path))?.placeholders ?? [];
  return [...text.matchAll(placeholder)].flatMap(([, name = '']) => {
    if (known.includes(name)) return [];
    const there = known.length === 0 ? '; there are none in this place' : `; there are: ${known.join(', ')}`;
    return [{ path, level: 'error' as const, message: `nothing fills {{${name}}}${there}${didYouMean(name, known)}` }];
  });
};

/** A word of the command, or one of its variables. */
const isOf = (site: CommandSite, path: Path): boolean => {
  const parent = path.slice(0, -1);
  const variables = site.path.at(-1) === 'command' ? [...site.path.slice(0, -1), 'environment'] : undefined;
  return [site.path, variables].some((at) => at !== undefined && keyPath(at) === keyPath(parent));
};

const literalSecret = (placed: PlacedText, secrets: SecretPlaces): readonly Told[] => {
  const { path, text } = placed;
  if (!isSecretText(placed, secrets) && passwordsIn(text).length === 0) return [];
  const message = 'a secret is written out here; ${env:NAME}, ${file:path} or ${command:...} keeps it out of the file';
  return [{ path, level: 'warn', message }];
};

/** Every user of the machine can read the arguments of a running command, and so can what collects them. */
const secretsForAllToSee = (
  texts: readonly PlacedText[],
  sites: readonly CommandSite[],
  secrets: SecretPlaces,
): readonly Told[] => {
  const words = new Set(sites.map(({ path }) => keyPath(path)));
  const message =
    'other users can read it in the command line while the command runs (ps); give it under `environment`, or by a file';
  return texts
    .filter(
      (placed) => hasReference(placed.text) || isSecretText(placed, secrets) || passwordsIn(placed.text).length > 0,
    )
    .filter(({ path }) => words.has(keyPath(path.slice(0, -1))))
    .map(({ path }) => ({ path, level: 'warn', message }));
};
