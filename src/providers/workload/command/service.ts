import { fingerprint, type Change, type Target } from '../../../engine/change.ts';
import { RunbookError } from '../../../engine/errors.ts';
import type { CommandResult, CommandSpec } from '../../command/run.ts';
import { commandStillRunning } from '../../command/running.ts';
import { fill, type Values } from '../../command/placeholders.ts';
import { shown } from '../../command/shown.ts';
import type { Call, Instance } from '../port.ts';
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
  intended(seen: readonly Seen[], signal: AbortSignal): Promise<{ readonly desired: number; readonly note?: string }>;
  /** The argument list of a command that changes something. Errors: `usage` where it is not configured. */
  argv(name: ChangeCommand, values?: Values): readonly string[];
  /** Runs it. Errors: `failed` for an exit code that is not 0, and those of `runCommand`. */
  change(name: ChangeCommand, values: Values, call: Call): Promise<void>;
  /** Is a command of this step still at work? `undefined`: cannot be seen here. */
  stillRunning(mark: string): Promise<boolean | undefined>;
  /** Notes that all commands of a change ended well, in this process. */
  finished(change: Change, call: Call): void;
  hasFinished(change: Change, call: Call): boolean;
}

const notedLines = 20;
const key = (change: Change, call: Call) => `${call.mark} ${fingerprint(change)}`;

export const openService = (config: CommandWorkloadConfig, deps: CommandWorkloadDeps): Service => {
  const done = new Set<string>();
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
      if (config.status === undefined) return { desired: seen.length };
      return { desired: seen.length, ...intention(deps.redact((await read(config.status, signal)).stdout)) };
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
          onLine: (line) => {
            if (line.trim() !== '' && ++lines <= notedLines) call.report({ note: line });
          },
        },
      );
      if (result.exitCode !== 0)
        throw new RunbookError('failed', failed(fill(spec.command, { ...common, ...values }), result, deps.redact));
    },
    stillRunning: deps.stillRunning ?? commandStillRunning,
    finished: (change, call) => void done.add(key(change, call)),
    hasFinished: (change, call) => done.has(key(change, call)),
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
  const said = redact(stderr.trim() || stdout.trim())
    .split('\n')
    .slice(-3)
    .join('\n')
    .slice(-500);
  return `${shown(argv)} ${how}${said === '' ? '' : `: ${said}`}`;
};

const intention = (output: string): { desired?: number; note?: string } => {
  const text = output.trim();
  if (text.startsWith('{')) {
    try {
      const { desired, note } = JSON.parse(text) as { desired?: unknown; note?: unknown };
      return {
        ...(typeof desired === 'number' && Number.isInteger(desired) && desired >= 0 ? { desired } : {}),
        ...(typeof note === 'string' ? { note } : {}),
      };
    } catch {
      // Not JSON after all: words for people.
    }
  }
  const note = text.split(/\r?\n/).slice(0, 3).join('; ').slice(0, 200);
  return note === '' ? {} : { note };
};
