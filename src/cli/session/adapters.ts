import { missingSection } from '../../config/environment.ts';
import type { LoadedConfig } from '../../config/file/load.ts';
import type { Redactor } from '../../config/secrets/redaction.ts';
import type { Secrets } from '../../config/references/references.ts';
import { urlPasswordsOf } from '../../config/secrets/url-password.ts';
import type { Clock } from '../../engine/clock.ts';
import type { RunbookError } from '../../engine/errors.ts';
import type { PortSource } from '../../engine/run/ports.ts';
import type { AnyCapability, Surroundings } from '../../providers/capability.ts';
import { capabilities, isCapability } from '../../providers/catalogue.ts';
import type { CapabilityKey } from '../../providers/catalogue.ts';
import type { Settings } from '../../sections/settings.ts';
import { accountName } from '../system.ts';

export interface AdapterDeps {
  readonly loaded: LoadedConfig;
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly redact: (text: string) => string;
  readonly redactStream: Redactor['redactStream'];
  /** Given every secret that an adapter finds by itself, before it is used. */
  readonly remember: (name: string, secret: string) => void;
  /** The environment of this process; commands get a minimal part of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly clock: Clock;
  /** Why nothing of the configuration may be run, resolved or contacted; undefined where it may. */
  readonly untrusted: RunbookError | undefined;
}

/** The ports of a session: each capability of the catalogue, loaded and opened when it is asked for. */
export const portsFor = (deps: AdapterDeps): PortSource => {
  rememberProxies(deps);
  const { loaded, settings, untrusted } = deps;
  const http = once(async () => (await import('../../providers/http/probe.ts')).openHttp({ remember: deps.remember }));
  const configOf = (key: CapabilityKey): unknown => Reflect.get(settings.environment, key);
  const openCapability = async (key: CapabilityKey): Promise<unknown> => {
    const { capability }: { readonly capability: AnyCapability } = await capabilities[key].load();
    const config = configOf(key);
    if (config === undefined) throw missingSection(loaded, settings.name, key, capability.example);
    return capability.open?.(config, surroundings(deps, key, http));
  };
  return {
    // Every port but the settings runs, resolves or contacts something: none is had, and a later one cannot be forgotten.
    has: (name) =>
      name === 'settings' || (!untrusted && (name === 'http' || (isCapability(name) && configOf(name) !== undefined))),
    open: async (name) => {
      if (name === 'settings') return settings;
      if (name !== 'http' && !isCapability(name)) throw new TypeError(`there is no port "${name}"`);
      if (untrusted) throw untrusted;
      return name === 'http' ? http() : openCapability(name);
    },
  };
};

/** Every adapter goes through the proxies of the environment. */
const rememberProxies = ({ env, remember }: AdapterDeps): void => {
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'].flatMap((one) => [one, one.toLowerCase()])) {
    const proxy = env[name] ?? '';
    // `user:password@proxy:3128` is meant as an address too.
    for (const password of urlPasswordsOf(proxy.includes('://') ? proxy : `http://${proxy}`)) remember(name, password);
  }
};

const surroundings = (
  { loaded, settings, secrets, env, home, clock, redact, redactStream, remember }: AdapterDeps,
  key: CapabilityKey,
  http: Surroundings['http'],
): Surroundings => ({
  service: settings.config.service.name,
  name: settings.name,
  environment: settings.environment,
  directory: loaded.directory,
  home,
  login: accountName() ?? '',
  env,
  clock,
  http,
  resolve: async (part) => secrets.resolve(part, `environments.${settings.name}.${key}`),
  redact,
  redactStream,
  remember,
});

const once = <Value>(open: () => Promise<Value>): (() => Promise<Value>) => {
  let opened: Promise<Value> | undefined;
  return () => (opened ??= open());
};
