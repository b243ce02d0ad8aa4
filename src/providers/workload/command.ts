import { commandLine } from '../../config/schema/argument-list.ts';
import { runCommand } from '../../clients/process/run.ts';
import type { Surroundings } from '../capability.ts';
import type { SettingsOf } from './capability.ts';
import { readyTimeoutFor } from './shared/ready-timeout.ts';
import type { CommandWorkloadConfig, CommandWorkloadDeps } from './command/config.ts';
import { checkHealthTemplate } from './command/health.ts';
import { restartInstanceOperation, restartOperation, restartUnits } from './command/restart.ts';
import { rollbackOperation } from './command/rollback.ts';
import { scaleOperation } from './command/scale.ts';
import { openService } from './command/service.ts';
import { stopAndStartOperation } from './command/stop-and-start.ts';
import type { Workload } from './port.ts';

/** A workload that is looked at and changed by configured commands: systemd, compose, pm2, scripts. */
export const openCommandWorkload = (config: CommandWorkloadConfig, deps: CommandWorkloadDeps): Workload => {
  checkHealthTemplate(config.instanceHealth);
  const service = openService(config, deps);
  return {
    status: async ({ signal }) => {
      const seen = await service.instances(signal);
      const instances = seen.map(({ id, state, health, detail, version, startedAt }) => ({
        id,
        state,
        health,
        ...(detail === undefined ? {} : { detail }),
        ...(version === undefined ? {} : { version }),
        ...(startedAt === undefined ? {} : { startedAt }),
      }));
      return { target: service.target, instances, ...(await service.intended(seen, signal)) };
    },
    restartUnits: async (batch, { signal }) => restartUnits(await service.instances(signal), batch),
    restart: restartOperation(service),
    restartInstance: restartInstanceOperation(service),
    stopAndStart: stopAndStartOperation(service),
    scale: scaleOperation(service),
    ...(config.rollback === undefined ? {} : { rollback: rollbackOperation(service) }),
  };
};

/** The commands that the configuration names. */
export const openConfigured = async (config: SettingsOf<'command'>, around: Surroundings): Promise<Workload> => {
  const { provider: _, instanceHealth, instances, ...others } = await around.resolve(config);
  const { health, restart, scaling } = around.environment;
  return openCommandWorkload(
    {
      ...Object.fromEntries(Object.entries(others).map(([name, written]) => [name, commandLine(written)])),
      instances: commandLine(instances),
      name: around.service,
      cwd: around.directory,
      values: { environment: around.name },
      instanceHealth,
      healthTimeoutMs: health.timeoutSeconds * 1000,
      unhealthyThreshold: health.loadBalancer.unhealthyThreshold,
      readyTimeoutMs: readyTimeoutFor(restart.expectedMinutes),
      drainMs: restart.drainSeconds * 1000,
      scaling,
    },
    {
      http: await around.http(),
      run: runCommand,
      redact: around.redact,
      redactStream: around.redactStream,
      environment: around.env,
    },
  );
};
