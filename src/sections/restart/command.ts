import { parseDuration } from '../../config/duration.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Rb } from '../section.ts';

export interface RestartFlags {
  readonly rolling?: true;
  readonly emergency?: true;
  readonly instance?: string;
  readonly every?: string;
  readonly unschedule?: true;
  readonly batch?: string;
  readonly wait: boolean;
}

const modes = ['rolling', 'instance', 'emergency', 'every', 'unschedule'] as const;

/** Runs the restart that the flags name. Errors: `usage` where they name none, or two. */
export const restart = async (rb: Rb, flags: RestartFlags): Promise<void> => {
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
      return rb.run((await import('./schedule/schedule.ts')).scheduleRestarts, {
        everyMs: parseDuration(flags.every ?? '', '--every'),
      });
    case 'unschedule':
      return rb.run((await import('./schedule/schedule.ts')).unscheduleRestarts, {});
  }
};
