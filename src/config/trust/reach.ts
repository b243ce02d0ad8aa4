import type { AnyCapability, Reached } from '../../providers/capability.ts';
import type { CommandSite } from '../schema/placeholders.ts';
import { keyPath } from '../file/key-path.ts';
import { referencesIn } from '../references/reference-syntax.ts';
import type { LoadedConfig } from '../file/load.ts';
import { describeConfig } from '../schema.ts';
import type { Config, ConfigDescription } from '../schema.ts';
import { hidden, isSecretText, withoutPasswords } from '../secrets/secret-keys.ts';
import type { SecretPlaces } from '../secrets/secret-keys.ts';
import { textsIn } from '../references/texts.ts';
import type { PlacedText } from '../references/texts.ts';
import { quoted } from './quoted.ts';

export const deeds = ['run', 'resolve', 'contact', 'read', 'write'] as const;

/** One thing that a configuration would have done on this machine or beyond it. */
export interface Reach {
  readonly does: (typeof deeds)[number];
  /** Undefined where it is the same for all. */
  readonly environment: string | undefined;
  /** `environments.production.workload.stop`. */
  readonly key: string;
  /** The command, the reference, the address or the file; secrets are hidden. */
  readonly what: string;
}

type Path = readonly (string | number)[];

/** All that a configuration would run, resolve, contact, read and write, whichever command is typed. */
export const reachOf = async ({
  config,
  secrets,
  facts: { commands: sites },
}: Pick<LoadedConfig, 'config' | 'secrets' | 'facts'>): Promise<readonly Reach[]> => {
  const texts = textsIn(config);
  return [
    ...sites.map((site) => running(site, texts, secrets)),
    ...texts.flatMap(resolving),
    ...texts
      .filter(({ path }) => !sites.some((site) => isWithin(site, path)))
      .flatMap((text) => contacting(text, secrets)),
    ...besides(config, await describeConfig()),
    ...texts.flatMap((text) => filing(text, secrets)),
  ];
};

const reach = (does: Reach['does'], path: Path, what: string): Reach => ({
  does,
  environment: path[0] === 'environments' ? String(path[1]) : undefined,
  key: keyPath(path),
  what,
});

/** A command with the variables that are set for it: those choose what runs as much as its words do. */
const running = (site: CommandSite, texts: readonly PlacedText[], secrets: SecretPlaces): Reach => {
  const isWord = ({ path }: PlacedText) => path.length === site.path.length + 1 && startsWith(path, site.path);
  const around = variablesOf(site);
  const isVariable = ({ path }: PlacedText) => around !== undefined && startsWith(path, around);
  const words = texts.filter(isWord).map((text) => quoted(shown(text, secrets)));
  const variables = texts
    .filter(isVariable)
    .map((text) => `${String(text.path.at(-1))}=${quoted(shown(text, secrets))}`);
  return reach('run', around === undefined ? site.path : site.path.slice(0, -1), [...variables, ...words].join(' '));
};

const resolving = ({ path, text }: PlacedText): readonly Reach[] =>
  referencesIn(text).map(({ name }) => reach('resolve', path, `\${${name}}`));

/** Keys whose value is an address, also where it is a reference as a whole. */
const addressKeys = new Set<unknown>(['url', 'server', 'webhook', 'statusPage', 'store', 'instanceHealth']);

const contacting = (placed: PlacedText, secrets: SecretPlaces): readonly Reach[] => {
  const { path, text } = placed;
  const isAddress = addressKeys.has(path.at(-1)) || text.includes('://');
  return isAddress && text !== '' ? [reach('contact', path, addressOf(placed, secrets))] : [];
};

/** Of an address that is a secret as a whole, such as a webhook: whose it is. */
const addressOf = (placed: PlacedText, secrets: SecretPlaces): string => {
  const { text } = placed;
  if (!isSecretText(placed, secrets) || !URL.canParse(text)) return shown(placed, secrets);
  return `${new URL(text).origin}/${hidden}`;
};

/** What is contacted by a name instead of an address, or with a program of its own: the capabilities say so. */
const besides = (config: Config, { capabilities, team }: ConfigDescription): readonly Reach[] => [
  ...Object.entries(config.environments).flatMap(([name, environment]) =>
    Object.entries(capabilities).flatMap((one) => reachedBy(['environments', name], environment, one)),
  ),
  ...Object.entries(team).flatMap((one) => reachedBy([], config, one)),
];

const reachedBy = (at: Path, values: object, [key, { reaches }]: [string, AnyCapability]): readonly Reach[] => {
  const config: unknown = Reflect.get(values, key);
  const reached: readonly Reached[] = config === undefined ? [] : (reaches?.(config) ?? []);
  return reached.map(({ does, path, what, words = [] }) =>
    reach(does, [...at, key, ...path], [what, ...words.map(quoted)].join(' ')),
  );
};

const filing = (placed: PlacedText, secrets: SecretPlaces): readonly Reach[] => {
  const { path, text } = placed;
  const [first, , section] = path;
  if (keyPath(path) === 'audit.directory' && text !== '') return [reach('write', path, shown(placed, secrets))];
  const isRead =
    first === 'environments' &&
    ((section === 'logs' && path.at(-1) === 'path') ||
      (path.at(-2) === 'slowLog' && path.at(-1) === 'path') ||
      path.at(-2) === 'logDirectories' ||
      (section === 'profiler' && path.at(-1) === 'path'));
  return isRead ? [reach('read', path, shown(placed, secrets))] : [];
};

const variablesOf = ({ path }: CommandSite): Path | undefined =>
  path.at(-1) === 'command' ? [...path.slice(0, -1), 'environment'] : undefined;

const isWithin = (site: CommandSite, path: Path): boolean => {
  const around = variablesOf(site);
  return startsWith(path, site.path) || (around !== undefined && startsWith(path, around));
};

const startsWith = (path: Path, above: Path): boolean => above.every((part, index) => path[index] === part);

const shown = (placed: PlacedText, secrets: SecretPlaces): string =>
  isSecretText(placed, secrets) ? hidden : withoutPasswords(placed.text);
