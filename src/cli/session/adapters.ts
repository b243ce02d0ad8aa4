import { missingSection } from '../../config/environment.ts';
import type { LoadedConfig } from '../../config/file/load.ts';
import type { Redactor } from '../../config/secrets/redaction.ts';
import type { Secrets } from '../../config/references/references.ts';
import type { CommandWorkloadConfig, EcsWorkloadConfig, KubernetesWorkloadConfig } from '../../config/schema.ts';
import { urlPasswordsOf } from '../../config/secrets/url-password.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { PortSource } from '../../engine/run/ports.ts';
import type { PortName, Ports } from '../../sections/ports.ts';
import type { Settings } from '../../sections/settings.ts';
import { accountName, systemClock } from '../system.ts';

export interface AdapterDeps {
  readonly loaded: LoadedConfig;
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly redact: (text: string) => string;
  readonly redactStream: Redactor['redactStream'];
  /** Told every secret that an adapter finds by itself, before it is used. */
  readonly remember: (name: string, secret: string) => void;
  /** The environment of this process; commands get a minimal part of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Why nothing of the configuration may be run, resolved or contacted; undefined where it may. */
  readonly untrusted: RunbookError | undefined;
}

/** The ports of a session. This file names the concrete adapters, and loads one only when it is asked for. */
export const portsFor = (deps: AdapterDeps): PortSource => {
  rememberProxies(deps);
  const openers = openersFor(deps);
  const { loaded, settings, untrusted } = deps;
  return {
    // Every port but the settings runs, resolves or contacts something: none is had, and a later one cannot be forgotten.
    missing: (name) => {
      if (untrusted && name !== 'settings') return untrusted;
      const section = optionalSections.find((one) => one === name);
      return section && settings.environment[section] === undefined
        ? missingSection(loaded, settings.name, section)
        : undefined;
    },
    open: async (name) => {
      if (!isPortName(openers, name)) throw new TypeError(`there is no port "${name}"`);
      if (untrusted && name !== 'settings') throw untrusted;
      return openers[name]();
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

/** Ports that exist only where the configuration has their section. */
const optionalSections = ['workload', 'database', 'logs'] as const;

type Openers = { readonly [Name in PortName]: () => Promise<Ports[Name]> };

const isPortName = (openers: Openers, name: string): name is PortName => Object.hasOwn(openers, name);

const openersFor = (deps: AdapterDeps): Openers => {
  const { settings } = deps;
  const http = once(async () => (await import('../../providers/http/probe.ts')).openHttp({ remember: deps.remember }));
  return {
    settings: async () => settings,
    http,
    workload: async () => openWorkload(deps, configured(deps, 'workload'), http),
    logs: async () => openLogs(deps, configured(deps, 'logs')),
    database: async () => openDatabase(deps, configured(deps, 'database')),
  };
};

/** Errors: `usage`, with an example, where the configuration does not have it. */
const configured = <Section extends (typeof optionalSections)[number]>(
  { loaded, settings }: AdapterDeps,
  section: Section,
): NonNullable<Settings['environment'][Section]> => {
  const config = settings.environment[section];
  if (config) return config;
  throw missingSection(loaded, settings.name, section);
};

const openWorkload = async (
  deps: AdapterDeps,
  config: NonNullable<Settings['environment']['workload']>,
  http: () => Promise<Ports['http']>,
): Promise<Ports['workload']> => {
  switch (config.provider) {
    case 'command':
      return openCommands(deps, config, await http());
    case 'kubernetes':
      return openCluster(deps, config);
    case 'ecs':
      return openEcs(deps, config);
  }
};

const openEcs = async (deps: AdapterDeps, config: EcsWorkloadConfig): Promise<Ports['workload']> => {
  const { settings, env, remember, secrets } = deps;
  const [{ openEcsWorkload }, { ecsReadyTimeoutFor }, resolved] = await Promise.all([
    import('../../providers/workload/ecs.ts'),
    import('../../providers/workload/ecs/config.ts'),
    secrets.resolve(config, `environments.${settings.name}.workload`),
  ]);
  const { restart, scaling } = settings.environment;
  const { provider: _, ...service } = resolved;
  return openEcsWorkload(
    {
      ...service,
      drainMs: restart.drainSeconds * 1000,
      readyTimeoutMs: ecsReadyTimeoutFor(restart.expectedMinutes),
      scaling,
      scheduleRole: restart.schedule?.role,
    },
    { clock: systemClock, environment: env, remember },
  );
};

/** The schema takes no other. */
const workloadKinds = ['deployment', 'statefulset', 'daemonset'] as const;

const openCluster = async (deps: AdapterDeps, config: KubernetesWorkloadConfig): Promise<Ports['workload']> => {
  const { settings, env, redact, remember, secrets } = deps;
  const [{ openConnection }, { openKubernetes }, { openKubernetesWorkload }, { readyTimeoutFor }, resolved] =
    await Promise.all([
      import('../../clients/kubernetes/kubeconfig.ts'),
      import('../../clients/kubernetes/client.ts'),
      import('../../providers/workload/kubernetes.ts'),
      import('../../providers/workload/command/config.ts'),
      secrets.resolve(config, `environments.${settings.name}.workload`),
    ]);
  const { health, restart, scaling } = settings.environment;
  const { context, server, namespace, resource, container } = resolved;
  const [kind = '', name = ''] = resource.split('/');
  const connection = await openConnection(
    { context, server, namespace },
    { env, clock: systemClock, redact, remember },
  );
  return openKubernetesWorkload(
    {
      kind: workloadKinds.find((one) => one === kind) ?? 'deployment',
      name,
      container,
      service: settings.config.service.name,
      drainMs: restart.drainSeconds * 1000,
      readyTimeoutMs: readyTimeoutFor(restart.expectedMinutes),
      unhealthyThreshold: health.loadBalancer.unhealthyThreshold,
      scaling,
      scheduleImage: restart.schedule?.image,
    },
    openKubernetes(connection, { clock: systemClock }),
    {
      redact,
      openMirror: async (...asked) => (await import('../../clients/kubernetes/mirror.ts')).openMirror(...asked),
    },
  );
};

const openCommands = async (
  deps: AdapterDeps,
  config: CommandWorkloadConfig,
  http: Ports['http'],
): Promise<Ports['workload']> => {
  const { settings, loaded, env, secrets } = deps;
  const [{ openCommandWorkload }, { readyTimeoutFor }, { runCommand }, { commandLine }, resolved] = await Promise.all([
    import('../../providers/workload/command.ts'),
    import('../../providers/workload/command/config.ts'),
    import('../../clients/process/run.ts'),
    import('../../config/schema/argument-list.ts'),
    secrets.resolve(config, `environments.${settings.name}.workload`),
  ]);
  const { health, restart, scaling } = settings.environment;
  const { provider: _, instanceHealth, instances, ...others } = resolved;
  const specs = Object.fromEntries(Object.entries(others).map(([name, written]) => [name, commandLine(written)]));
  return openCommandWorkload(
    {
      ...specs,
      instances: commandLine(instances),
      name: settings.config.service.name,
      cwd: loaded.directory,
      values: { environment: settings.name },
      instanceHealth,
      healthTimeoutMs: health.timeoutSeconds * 1000,
      unhealthyThreshold: health.loadBalancer.unhealthyThreshold,
      readyTimeoutMs: readyTimeoutFor(restart.expectedMinutes),
      drainMs: restart.drainSeconds * 1000,
      scaling,
    },
    { http, run: runCommand, redact: deps.redact, redactStream: deps.redactStream, environment: env },
  );
};

const openLogs = async (
  deps: AdapterDeps,
  config: NonNullable<Settings['environment']['logs']>,
): Promise<Ports['logs']> => {
  if (config.provider !== 'file') return unreadable(config.provider);
  const { openFileLogs } = await import('../../providers/logs/file.ts');
  return openFileLogs({ paths: [config.path], fields: config.fields, cwd: deps.loaded.directory });
};

/** A restart must not depend on where the logs are: whoever asks for them is told why they cannot be seen. */
const unreadable = (provider: string): Ports['logs'] => ({
  errors: async () => {
    throw new RunbookError('unreachable', `logs.provider ${provider} is not available in this version of rb`);
  },
});

const openDatabase = async (
  deps: AdapterDeps,
  { url, replicas }: NonNullable<Settings['environment']['database']>,
): Promise<Ports['database']> => {
  const { settings, env, home, remember, secrets } = deps;
  const [{ openPostgres }, resolved] = await Promise.all([
    import('../../providers/database/postgres.ts'),
    secrets.resolve({ url, replicas }, `environments.${settings.name}.database`),
  ]);
  return openPostgres(resolved, { environment: env, home, login: accountName() ?? '', remember });
};

const once = <Value>(open: () => Promise<Value>): (() => Promise<Value>) => {
  let opened: Promise<Value> | undefined;
  return () => (opened ??= open());
};
