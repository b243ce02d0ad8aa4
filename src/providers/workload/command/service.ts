import * as z from 'zod/mini';
import type { Target } from '../../../engine/change.ts';
import { RunbookError } from '../../../engine/errors.ts';
import type { CommandResult, CommandSpec } from '../../../clients/process/run.ts';
import { textEnd } from '../../../words/short-text.ts';
import { commandStillRunning } from '../../../clients/process/running.ts';
import { fill, type Values } from '../../../clients/process/placeholders.ts';
import { shown } from '../../../clients/process/shown.ts';
import type { Call, Instance, WorkloadStatus } from '../port.ts';
import type { CommandWorkloadConfig, CommandWorkloadDeps } from './config.ts';
import { type Health, healthOf } from './health.ts';
import { parseInstances } from './instances.ts';

/** An instance with what only this adapter needs to know about it. */
export interface Seen extends Instance {
  /** The state that was listed, where `state` may be concluded from the health. */
  readonly listedState: Instance['state'];
  readonly answered: boolean;
  readonly warmingUp: boolean;
  readonly failure?: Health['failure'];
}

type ChangeCommand = 'stop' | 'start' | 'restartInstance' | 'scale' | 'rollback';

/** The service behind the commands: looking at it, and running one of its commands. */
export interface Service {
  readonly config: CommandWorkloadConfig;
  readonly target: Target;
  instances(signal: AbortSignal): Promise<readonly Seen[]>;
  /** How many there should be, and what the `status` command says. */
  intended(seen: readonly Seen[], signal: AbortSignal): Promise<Pick<WorkloadStatus, 'desired' | 'desiredIs' | 'note'>>;
  /** The argument list of a command that changes something. Errors: `usage` where it is not configured. */
  argv(name: ChangeCommand, values?: Values): readonly string[];
  /** Runs it. Errors: `failed` for an exit code that is not 0, and those of `runCommand`. */
  change(name: ChangeCommand, values: Values, call: Call): Promise<void>;
  /** Is a command of this step still at work? `undefined`: cannot be seen here. */
  stillRunning(mark: string): Promise<boolean | undefined>;
}

/** What `apply` returns: all commands of the change ended well. */
export const commandsDone = { commandsDone: true } as const;
export type CommandsDone = typeof commandsDone;

const notedLines = 20;

export const openService = (config: CommandWorkloadConfig, deps: CommandWorkloadDeps): Service => {
  const common = { service: config.name, ...config.values };
  const where = { cwd: config.cwd, environment: deps.environment };

  const read = (spec: CommandSpec, signal: AbortSignal) =>
    // Reads carry no step's mark: a resumed session must not take them for its interrupted change.
    deps.run(spec, { ...where, values: common, mark: 'read', signal, purpose: 'read' });

  const specOf = (name: ChangeCommand): CommandSpec => {
    const spec = config[name];
    if (spec !== undefined) return spec;
    throw new RunbookError('usage', `the workload of ${config.name} has no ${name} command`, {
      next: [`add to runbook.config.yaml, under workload: ${examples[name]}`],
    });
  };

  return {
    config,
    target: { provider: 'command', name: config.name },
    instances: async (signal) => {
      const result = await read(config.instances, signal);
      if (result.exitCode !== 0)
        throw new RunbookError(
          'unreachable',
          `cannot list the instances: ${failed(config.instances.command, result, deps.redact)}`,
          {
            next: ['run the command by hand and see why'],
          },
        );
      const listed = parseInstances(result.stdout);
      return Promise.all(
        listed.map(async ({ id, state, version, startedAt }, index): Promise<Seen> => {
          const health = await healthOf(listed[index] ?? { id, state, fields: {} }, config, deps.http, signal);
          return {
            id,
            state: state === 'unknown' && health.health === 'ok' ? 'running' : state,
            listedState: state,
            ...health,
            ...(version === undefined ? {} : { version }),
            ...(startedAt === undefined ? {} : { startedAt }),
          };
        }),
      );
    },
    intended: async (seen, signal) => {
      const { desired, note } = config.status
        ? intention(deps.redact((await read(config.status, signal)).stdout))
        : { desired: undefined };
      return {
        ...(desired === undefined ? { desired: seen.length, desiredIs: 'listed' } : { desired }),
        ...(note !== undefined && { note }),
      };
    },
    argv: (name, values = {}) => fill(specOf(name).command, { ...common, ...values }),
    change: async (name, values, call) => {
      const spec = specOf(name);
      let lines = 0;
      const result = await deps.run(
        { ...spec, timeoutMs: spec.timeoutMs ?? config.readyTimeoutMs + config.drainMs },
        {
          ...where,
          values: { ...common, ...values },
          mark: call.mark,
          signal: call.signal,
          purpose: 'change',
          filter: deps.redactStream,
          onLine: (line) => {
            if (line.trim() !== '' && ++lines <= notedLines) call.report({ note: line });
          },
        },
      );
      if (result.exitCode !== 0)
        throw new RunbookError('failed', failed(fill(spec.command, { ...common, ...values }), result, deps.redact));
    },
    stillRunning: deps.stillRunning ?? commandStillRunning,
  };
};

const examples: Record<ChangeCommand, string> = {
  stop: 'stop: [systemctl, stop, "checkout@*"]',
  start: 'start: [./ops/start, "{{count}}"]',
  restartInstance: 'restartInstance: [systemctl, restart, "checkout@{{instance}}"]',
  scale: 'scale: [./ops/scale, "{{count}}"]',
  rollback: 'rollback: [./ops/deploy, previous]',
};

const failed = (
  argv: readonly string[],
  { exitCode, signal, stderr, stdout }: CommandResult,
  redact: (text: string) => string,
): string => {
  const how = exitCode === undefined ? `was ended by ${signal ?? 'a signal'}` : `ended with exit code ${exitCode}`;
  const said = redact(textEnd(stderr.trim() || stdout.trim()))
    .split('\n')
    .slice(-3)
    .join('\n')
    .slice(-500);
  return `${shown(argv)} ${how}${said === '' ? '' : `: ${said}`}`;
};

const Intention = z.object({
  desired: z.catch(z.optional(z.int().check(z.gte(0))), undefined),
  note: z.catch(z.optional(z.string()), undefined),
});
type Intention = z.output<typeof Intention>;

const intention = (output: string): Intention => {
  const text = output.trim();
  if (text.startsWith('{')) {
    try {
      return Intention.parse(JSON.parse(text));
    } catch {
      // Not JSON after all: words for people.
    }
  }
  const note = text.split(/\r?\n/).slice(0, 3).join('; ').slice(0, 200);
  return note === '' ? {} : { note };
};
