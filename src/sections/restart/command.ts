import { parseDuration } from '../../config/duration.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Rb, Register } from '../section.ts';

interface Flags {
  readonly rolling?: true;
  readonly emergency?: true;
  readonly instance?: string;
  readonly every?: string;
  readonly unschedule?: true;
  readonly batch?: string;
  readonly wait: boolean;
}

export const register: Register = (program, rb) => {
  const restart = program
    .command('restart')
    .description('Restart the service: application unresponsive, hanging workers, suspected deadlock.')
    .option('--rolling', 'one instance after another, no downtime')
    .option('--batch <n>', 'with --rolling: how many instances at a time (default: 1)')
    .option('--no-wait', 'with --rolling: end when the platform has taken it; rb restart status shows how it goes')
    .option('--instance <id>', 'only this instance')
    .option('--emergency', 'stop everything, wait for the drain, start again: there is a downtime')
    .option('--every <duration>', 'let the platform restart it one instance after another, every 6h, 1d ...')
    .option('--unschedule', 'take that schedule away')
    .addHelpText('before', examples)
    .action((flags: Flags) => runMode(rb, flags));
  restart
    .command('status')
    .summary('instances with version, age, restarts and health; the rollout, what changed last')
    .action(async () => rb.run((await import('./status.ts')).restartStatus, {}));
  restart
    .command('undo')
    .option('--to-revision <n>', 'to this one; rb restart status lists them')
    .summary('roll back to the previous version')
    .addHelpText('before', undoExamples)
    .action(async ({ toRevision }: { readonly toRevision?: string }) =>
      rb.run((await import('./undo.ts')).undoRestart, toRevision === undefined ? {} : { revision: toRevision }),
    );
  restart
    .command('schedules')
    .summary('restarts at fixed times (--every)')
    .action(async () => rb.run((await import('./schedules.ts')).restartSchedules, {}));
};

const modes = ['rolling', 'instance', 'emergency', 'every', 'unschedule'] as const;

const runMode = async (rb: Rb, flags: Flags): Promise<void> => {
  const [mode, ...more] = modes.filter((name) => flags[name] !== undefined);
  if (mode === undefined || more.length > 0)
    throw new RunbookError(
      'usage',
      mode === undefined
        ? 'Say what to restart.'
        : '--rolling, --instance, --emergency, --every and --unschedule exclude one another.',
      {
        next: ['rb restart --rolling', 'rb restart --instance <id>', 'rb restart --emergency', 'rb restart status'],
      },
    );
  const misplaced = flags.batch === undefined ? (flags.wait ? undefined : '--no-wait') : '--batch';
  if (mode !== 'rolling' && misplaced !== undefined)
    throw new RunbookError('usage', `${misplaced} belongs to --rolling.`, { next: ['rb restart --help'] });
  const { restart: settings } = (await rb.settings()).environment;
  const expected = settings.expectedMinutes === undefined ? {} : { expectedMinutes: settings.expectedMinutes };
  switch (mode) {
    case 'rolling': {
      const { rollingRestart } = await import('./rolling.ts');
      const wait = flags.wait ? {} : { wait: false };
      return rb.run(rollingRestart, { batch: Number(flags.batch ?? '1'), ...expected, ...wait });
    }
    case 'instance':
      return rb.run((await import('./single.ts')).singleRestart, { id: flags.instance });
    case 'emergency':
      return rb.run((await import('./emergency.ts')).emergencyRestart, expected);
    case 'every':
      return rb.run((await import('./schedule.ts')).scheduleRestarts, {
        everyMs: parseDuration(flags.every ?? '', '--every'),
      });
    case 'unschedule':
      return rb.run((await import('./schedule.ts')).unscheduleRestarts, {});
  }
};

const examples = `Examples:
  rb restart --rolling               one instance after another
  rb restart --rolling --batch 2     two at a time
  rb restart --rolling --dry-run     show the plan and change nothing
  rb restart --rolling --no-wait     begin it and end
  rb restart --instance app-2        only that one
  rb restart --every 6h              from now on, until --unschedule
  rb restart status                  what is running now, and what changed last
  rb restart undo                    roll back to the previous version
`;

const undoExamples = `Examples:
  rb restart undo --dry-run          what would be different
  rb restart undo
  rb restart undo --to-revision 7
`;
