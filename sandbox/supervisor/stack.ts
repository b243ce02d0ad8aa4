import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { preferredPorts, writeConfig } from '../config.ts';
import { loopback } from '../ports.ts';
import { readState, statePath, writeState } from '../state.ts';
import { startBackingServices } from './backing-services.ts';
import { startBalancer } from './balancer.ts';
import { createCommands } from './commands.ts';
import { openControl } from './control-server.ts';
import { createFleet } from './fleet.ts';
import type { SupervisorSettings } from './messages.ts';
import { ask, everyoneServes } from './serving.ts';
import { prepareTls } from './tls.ts';

const drainMs = 200;
const initial = { count: 3, version: '1.4.2', previousVersion: '1.4.1' };

/**
 * Starts everything, and resolves when every instance serves through the load balancer and the directory says so. What it has
 * started, it tells `onEnd` how to end, also where it fails later. `shutDown` ends the sandbox.
 */
export const startStack = async (
  settings: SupervisorSettings,
  onEnd: (end: () => Promise<void>) => void,
  shutDown: () => void,
): Promise<void> => {
  const { directory, runtime } = settings;
  const logs = join(directory, 'logs');
  mkdirSync(logs, { recursive: true });
  const [services, tls] = await Promise.all([startBackingServices(settings), prepareTls(join(directory, 'tls'))]);
  onEnd(() => services.stop());
  const balancer = await startBalancer({
    runtime,
    logFile: join(directory, 'balancer.log'),
    preferred: settings.preferExamplePorts ? preferredPorts() : {},
    onExit: shutDown,
  });
  onEnd(() => balancer.stop());

  const url = `http://${loopback}:${String(balancer.port)}`;
  let maintenance = false;
  let served = tls.newest();
  const route = (): void => {
    balancer.route({ backends: fleet.backends(), maintenance, tls: served });
  };
  const noteRestart = (instance: string, previousStartedAt: string | null): void => {
    const line = JSON.stringify({ instance, at: new Date().toISOString(), previousStartedAt });
    appendFileSync(join(directory, 'restarts.jsonl'), `${line}\n`);
  };
  const fleet = createFleet(
    { runtime, logs, drainMs, now: () => new Date(), onChange: () => route(), onRestart: noteRestart },
    initial,
  );
  onEnd(() => fleet.stop());
  await fleet.start();

  const commands = createCommands({
    fleet,
    setMaintenance: (on) => {
      maintenance = on;
      route();
    },
    renewCertificate: (days) => tls.renew(days),
    reloadCertificate: () => {
      served = tls.newest();
      route();
    },
    request: async (path) => (await ask(`${url}${path}`)).status,
    shutDown,
  });
  const state = readState(directory);
  if (state === undefined) throw new Error(`${statePath(directory)} is gone`);
  const control = await openControl(state.socket, commands);
  onEnd(async () => {
    control.close();
  });

  await everyoneServes(url, fleet);
  const { database, cache, notes } = services;
  const configPath = writeConfig({
    directory,
    port: balancer.port,
    tlsPort: balancer.tlsPort,
    hasDatabase: database !== undefined,
    hasCache: cache !== undefined,
  });
  writeState(directory, {
    ...state,
    phase: 'running',
    supervisorPid: process.pid,
    url,
    tlsUrl: `https://localhost:${String(balancer.tlsPort)}`,
    configPath,
    ...(database && { databasePort: database.port, databaseVersion: database.version }),
    ...(cache && { cachePort: cache.port }),
    notes,
  });
};
