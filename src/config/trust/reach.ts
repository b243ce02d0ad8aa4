import { commandSites } from '../references/command-sites.ts';
import type { CommandSite } from '../references/command-sites.ts';
import { keyPath } from '../file/key-path.ts';
import { referencesIn } from '../references/reference-syntax.ts';
import type { LoadedConfig } from '../file/load.ts';
import type { Config, EnvironmentConfig } from '../schema.ts';
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
export const reachOf = ({ config, secrets }: Pick<LoadedConfig, 'config' | 'secrets'>): readonly Reach[] => {
  const texts = textsIn(config);
  const sites = commandSites(config);
  return [
    ...sites.map((site) => running(site, texts, secrets)),
    ...texts.flatMap(resolving),
    ...texts
      .filter(({ path }) => !sites.some((site) => isWithin(site, path)))
      .flatMap((text) => contacting(text, secrets)),
    ...Object.entries(config.environments).flatMap(([name, environment]) =>
      ofPlatforms(['environments', name], environment),
    ),
    ...ofServices(config),
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

/** What is contacted by a name instead of an address, or with a program of its own. */
const ofPlatforms = (at: Path, environment: EnvironmentConfig): readonly Reach[] => {
  const { workload, logs, database, metrics, hosts, certificates } = environment;
  return [
    ...(workload?.provider === 'kubernetes'
      ? [reach('contact', [...at, 'workload'], `the context ${workload.context} of your kubeconfig`)]
      : []),
    ...[
      { key: ['workload'], section: workload },
      { key: ['logs'], section: logs },
      { key: ['database', 'slowLog'], section: database?.slowLog },
      { key: ['metrics'], section: metrics },
    ].flatMap(({ key, section }) => ofAws([...at, ...key], section)),
    ...(hosts?.provider === 'ssh'
      ? hosts.names.map((name, index) =>
          reach(
            'contact',
            [...at, 'hosts', 'names', index],
            `ssh ${hosts.user === undefined ? '' : `${hosts.user}@`}${name}`,
          ),
        )
      : []),
    ...(certificates ?? []).flatMap(({ domain, port, renew }, index) => {
      const here = [...at, 'certificates', index];
      return [
        reach('contact', [...here, 'domain'], `${domain}:${port}`),
        ...(renew?.provider === 'certbot'
          ? [reach('run', [...here, 'renew'], ['certbot', ...renew.arguments.map(quoted)].join(' '))]
          : []),
        ...(renew?.provider === 'cert-manager' && renew.context !== undefined
          ? [reach('contact', [...here, 'renew'], `the context ${renew.context} of your kubeconfig`)]
          : []),
        ...ofAws([...here, 'renew'], renew),
      ];
    }),
  ];
};

const ofAws = (at: Path, section: object | undefined): readonly Reach[] => {
  if (section === undefined || !('region' in section)) return [];
  const profile = 'profile' in section ? ` with your profile ${String(section.profile)}` : '';
  return [reach('contact', at, `AWS in ${String(section.region)}${profile}`)];
};

const ofServices = ({ notify, tickets }: Config): readonly Reach[] => [
  ...(notify.pagerduty ? [reach('contact', ['notify', 'pagerduty'], 'PagerDuty')] : []),
  ...(notify.statuspage ? [reach('contact', ['notify', 'statuspage'], 'Statuspage')] : []),
  ...(tickets?.provider === 'github' ? [reach('contact', ['tickets'], `GitHub: ${tickets.repository}`)] : []),
];

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
