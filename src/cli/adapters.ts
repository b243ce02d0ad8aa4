import { homedir } from 'node:os';
import { missingSection } from '../config/environment.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Secrets } from '../config/references.ts';
import type { CommandWorkloadConfig, EcsWorkloadConfig, KubernetesWorkloadConfig } from '../config/schema.ts';
import { RunbookError } from '../engine/errors.ts';
import type { CommandSpec } from '../providers/command/run.ts';
import type { PortName, Ports } from '../sections/ports.ts';
import type { Settings } from '../sections/settings.ts';
import { accountName, systemClock } from './system.ts';

export interface AdapterDeps {
  readonly loaded: LoadedConfig;
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly redact: (text: string) => string;
  /** Told every secret that an adapter finds by itself, before it is used. */
  readonly remember: (name: string, secret: string) => void;
  /** The environment of this process; commands get a minimal part of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Opens the ports that a procedure needs. This file names the concrete adapters, and loads one only when it is asked for. */
export const openPorts = async <Need extends PortName>(
  needs: readonly Need[],
  deps: AdapterDeps,
): Promise<Pick<Ports, Need>> => {
  const openers = openersFor(deps);
  const opened = await Promise.all(needs.map(async (name) => [name, await openers[name]()] as const));
  return Object.fromEntries(opened) as Pick<Ports, Need>;
};

const openersFor = (deps: AdapterDeps): { readonly [Name in PortName]: () => Promise<Ports[Name]> } => {
  const { loaded, settings } = deps;
  const { workload, logs } = settings.environment;
  const http = once(async () => (await import('../providers/http/probe.ts')).openHttp());
  return {
    settings: async () => settings,
    http,
    workload: async () => {
      if (!workload) throw missingSection(loaded, settings.name, 'workload');
      return openWorkload(deps, workload, http);
    },
    workloadIfAny: async () => workload && openWorkload(deps, workload, http),
    logs: async () => logs && openLogs(deps, logs),
    database: async () => openDatabase(deps),
  };
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
  const { settings, env, secrets } = deps;
  const [{ openEcsWorkload }, { ecsReadyTimeoutFor }, resolved] = await Promise.all([
    import('../providers/workload/ecs.ts'),
    import('../providers/workload/ecs/config.ts'),
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
    { clock: systemClock, environment: env },
  );
};

const openCluster = async (deps: AdapterDeps, config: KubernetesWorkloadConfig): Promise<Ports['workload']> => {
  const { settings, env, redact, remember, secrets } = deps;
  const [{ openConnection }, { openKubernetes }, { openKubernetesWorkload }, { readyTimeoutFor }, resolved] =
    await Promise.all([
      import('../providers/kubernetes/kubeconfig.ts'),
      import('../providers/kubernetes/client.ts'),
      import('../providers/workload/kubernetes.ts'),
      import('../providers/workload/command/config.ts'),
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
      kind: kind as 'deployment' | 'statefulset' | 'daemonset',
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
      openMirror: async (...asked) => (await import('../providers/kubernetes/mirror.ts')).openMirror(...asked),
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
    import('../providers/workload/command.ts'),
    import('../providers/workload/command/config.ts'),
    import('../providers/command/run.ts'),
    import('../config/schema/argument-list.ts'),
    secrets.resolve(config, `environments.${settings.name}.workload`),
  ]);
  const { health, restart, scaling } = settings.environment;
  const { provider: _, instanceHealth, ...commands } = resolved;
  const specs = Object.fromEntries(Object.entries(commands).map(([name, written]) => [name, commandLine(written)]));
  return openCommandWorkload(
    {
      ...(specs as { readonly instances: CommandSpec }),
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
    { http, run: runCommand, redact: deps.redact, environment: env },
  );
};

const openLogs = async (
  deps: AdapterDeps,
  config: NonNullable<Settings['environment']['logs']>,
): Promise<Ports['logs']> => {
  if (config.provider !== 'file') return unreadable(config.provider);
  const { openFileLogs } = await import('../providers/logs/file.ts');
  return openFileLogs({ paths: [config.path], fields: config.fields, cwd: deps.loaded.directory });
};

/** A restart must not depend on where the logs are: whoever asks for them is told why they cannot be seen. */
const unreadable = (provider: string): Ports['logs'] => ({
  errors: async () => {
    throw new RunbookError('unreachable', `logs.provider ${provider} is not available in this version of rb`);
  },
});

const openDatabase = async (deps: AdapterDeps): Promise<Ports['database']> => {
  const { settings, loaded, env, secrets } = deps;
  const { database } = settings.environment;
  if (!database) throw missingSection(loaded, settings.name, 'database');
  const { url, replicas } = database;
  const [{ openPostgres }, resolved] = await Promise.all([
    import('../providers/database/postgres.ts'),
    secrets.resolve({ url, replicas }, `environments.${settings.name}.database`),
  ]);
  return openPostgres(resolved, { environment: env, home: homedir(), login: accountName() ?? '' });
};

const once = <Value>(open: () => Promise<Value>): (() => Promise<Value>) => {
  let opened: Promise<Value> | undefined;
  return () => (opened ??= open());
};
