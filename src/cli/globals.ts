import type { Command } from 'commander';
import { parseDuration } from '../config/duration.ts';
import { RunbookError } from '../engine/errors.ts';

/** The options that every command has. */
export interface Globals {
  readonly config?: string;
  readonly env?: string;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly confirm?: string;
  readonly plan?: string;
  readonly answers: ReadonlyMap<string, string>;
  readonly reason?: string;
  readonly ticket?: string;
  readonly output: 'text' | 'json' | 'ndjson';
  /** As it was written, and in milliseconds. */
  readonly timeout?: { readonly text: string; readonly ms: number };
  readonly color: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

const outputs = ['text', 'json', 'ndjson'] as const;

export const addGlobals = (program: Command): Command =>
  program
    .option('-c, --config <file>', 'the configuration (otherwise RB_CONFIG, or runbook.config.yaml here or above)')
    .option('-e, --env <name>', 'the environment (otherwise defaultEnvironment)')
    .option('--dry-run', 'show what would happen, change nothing')
    .option('-y, --yes', 'confirm steps of tier 1 and 2')
    .option('--confirm <service/env>', 'confirm steps of tier 3, and of tier 2 in a protected environment')
    .option('--plan <hash|file>', 'do exactly the plan that --dry-run printed, or nothing')
    .option(
      '--answer <step=value>',
      'answer a question of the procedure (repeatable)',
      (value: string, before: string[] | undefined) => [...(before ?? []), value],
    )
    .option('--reason <text>', 'why; goes to the audit log')
    .option('--ticket <id>', 'the ticket; goes to the audit log')
    .option('-o, --output <format>', outputs.join(', '), 'text')
    .option('--timeout <duration>', 'stop after 30s, 5m, 6h, 7d')
    .option('--no-color', 'no colours (also NO_COLOR)')
    .option('-q, --quiet', 'only data and errors')
    .option('-v, --verbose', 'more detail, and the stack of a fault');

/** Errors: `usage`. */
export const readGlobals = (program: Command): Globals => {
  const options = program.opts<Record<string, unknown> & { answer?: string[]; output: string }>();
  const output = outputs.find((known) => known === options.output);
  if (output === undefined)
    throw new RunbookError('usage', `--output ${options.output}: expected ${outputs.join(', ')}.`);
  const text = (key: string) => (typeof options[key] === 'string' ? { [key]: options[key] } : {});
  return {
    ...text('config'),
    ...text('env'),
    ...text('confirm'),
    ...text('plan'),
    ...text('reason'),
    ...text('ticket'),
    ...(typeof options['timeout'] === 'string' ? { timeout: timeout(options['timeout']) } : {}),
    dryRun: options['dryRun'] === true,
    yes: options['yes'] === true,
    answers: new Map((options.answer ?? []).map(pair)),
    output,
    color: options['color'] !== false,
    quiet: options['quiet'] === true,
    verbose: options['verbose'] === true,
  };
};

const timeout = (text: string) => {
  const ms = parseDuration(text, '--timeout');
  // A timer beyond 2^31 ms fires at once; nobody waits for 24 days.
  if (ms > 2 ** 31 - 1) throw new RunbookError('usage', `--timeout ${text} is longer than 24 days.`);
  return { text, ms };
};

const pair = (text: string): [string, string] => {
  const at = text.indexOf('=');
  if (at < 1) throw new RunbookError('usage', `--answer ${text}: expected <step>=<value>.`);
  return [text.slice(0, at), text.slice(at + 1)];
};
