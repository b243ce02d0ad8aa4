import { homedir } from 'node:os';
import { commandLine } from '../config/schema/argument-list.ts';
import { missingSection } from '../config/environment.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Secrets } from '../config/references.ts';
import type { CommandWorkloadConfig } from '../config/schema.ts';
import { RunbookError } from '../engine/errors.ts';
import type { CommandSpec } from '../providers/command/run.ts';
import type { PortName, Ports } from '../sections/ports.ts';
import type { Settings } from '../sections/settings.ts';
import { accountName } from './system.ts';

export interface AdapterDeps {
  readonly loaded: LoadedConfig;
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly redact: (text: string) => string;
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
    case 'ecs':
      throw notYet('workload', config.provider, 'command');
  }
};

const openCommands = async (
  deps: AdapterDeps,
  config: CommandWorkloadConfig,
  http: Ports['http'],
): Promise<Ports['workload']> => {
  const { settings, loaded, env, secrets } = deps;
  const [{ openCommandWorkload }, { readyTimeoutFor }, { runCommand }, resolved] = await Promise.all([
    import('../providers/workload/command.ts'),
    import('../providers/workload/command/config.ts'),
    import('../providers/command/run.ts'),
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
  if (config.provider !== 'file') throw notYet('logs', config.provider, 'file');
  const { openFileLogs } = await import('../providers/logs/file.ts');
  return openFileLogs({ paths: [config.path], fields: config.fields, cwd: deps.loaded.directory });
};

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

const notYet = (section: string, provider: string, available: string): RunbookError =>
  new RunbookError('usage', `\`${section}.provider: ${provider}\` is not available in this version of rb.`, {
    next: [`use \`provider: ${available}\` with the commands that you type by hand today`],
  });

const once = <Value>(open: () => Promise<Value>): (() => Promise<Value>) => {
  let opened: Promise<Value> | undefined;
  return () => (opened ??= open());
};
