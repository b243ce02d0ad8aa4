import * as z from 'zod/mini';
import { formatDuration } from '../../engine/duration.ts';
import { operation } from '../operation.ts';
import { procedure } from '../ports.ts';
import { schedulingOf } from './scheduling.ts';

/** From now on the platform restarts the service by itself, in this interval; another interval replaces the present one. */
export const scheduleRestarts = procedure({
  id: 'restart.schedule',
  section: '2.1',
  title: 'Scheduled restarts',
  needs: ['workload'],
  input: z.object({ everyMs: z.int().check(z.gte(1)) }),
  steps: ({ action }) => [
    action(
      'schedule',
      'Let the platform restart it at fixed times',
      operation(
        // Once confirmed it restarts the service without asking again.
        'disruptive',
        (workload) => schedulingOf(workload).add,
        ({ everyMs }: { readonly everyMs: number }) => ({ everyMs }),
      ),
    ),
  ],
  summarise: ({ input, findings }) =>
    `Every ${formatDuration(input.everyMs)} from now on: ${findings.get('schedule')?.summary}. What became of the runs: rb restart schedules`,
  afterFailure: () => ['rb restart schedules'],
});

/** Takes the schedule away that `rb restart --every` made. */
export const unscheduleRestarts = procedure({
  id: 'restart.unschedule',
  section: '2.1',
  title: 'End of the scheduled restarts',
  needs: ['workload'],
  input: z.object({}),
  steps: ({ action }) => [
    action(
      'unschedule',
      'Take the schedule away',
      operation(
        'mild',
        (workload) => schedulingOf(workload).remove,
        () => ({}),
      ),
    ),
  ],
  summarise: ({ findings }) => `${findings.get('unschedule')?.summary}.`,
  afterFailure: () => ['rb restart schedules'],
});
