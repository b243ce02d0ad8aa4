/** A process that applies a planned restart, so that a test can kill it in the middle. Gets the rig's configuration, the mark and the change. */
import { runCommand } from '../../../../src/clients/process/run.ts';
import { openHttp } from '../../../../src/providers/http/probe.ts';
import { openCommandWorkload } from '../../../../src/providers/workload/command.ts';
import type { CommandWorkloadConfig } from '../../../../src/providers/workload/command/config.ts';
import type { Change } from '../../../../src/engine/change.ts';
import { newCall } from '../call.ts';

const { config, mark, change } = JSON.parse(process.argv[2] ?? '') as {
  config: CommandWorkloadConfig;
  mark: string;
  change: Change;
};
const workload = openCommandWorkload(config, {
  http: openHttp(),
  run: runCommand,
  redact: (text) => text,
  environment: process.env,
});
await workload.restart.apply(change, newCall({ mark }));
