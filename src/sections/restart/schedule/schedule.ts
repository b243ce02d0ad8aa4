import * as z from 'zod/mini';
import { formatDuration } from '../../../words/ages.ts';
import { procedure } from '../../ports.ts';
import { workloadAction } from '../../workload-action.ts';
import { schedulingOf } from './scheduling.ts';

/** From now on the platform restarts the service by itself, in this interval; another interval replaces the present one. */
export const scheduleRestarts = procedure({
  id: 'restart.schedule',
  section: '2.1',
  title: 'Scheduled restarts',
  purpose: 'The service has to be restarted regularly, for example because it leaks memory.',
  needs: { workload: 'required' },
  input: z.object({ everyMs: z.int().check(z.gte(1)) }),
  steps: ({ action }) => {
    const schedule = action(
      'schedule',
      'Let the platform restart it at fixed times',
      workloadAction({
        // Once confirmed it restarts the service without asking again.
        tier: 'disruptive',
        of: (workload) => schedulingOf(workload).add,
        wanted: ({ input: { everyMs } }) => ({ everyMs }),
      }),
    );
    return {
      steps: [schedule],
      summary: ({ input, seen }) =>
        `Every ${formatDuration(input.everyMs)} from now on: ${seen(schedule)?.summary}. What became of the runs: rb restart schedules`,
      afterFailure: () => ['rb restart schedules'],
    };
  },
});

/** Takes the schedule away that `rb restart --every` made. */
export const unscheduleRestarts = procedure({
  id: 'restart.unschedule',
  section: '2.1',
  title: 'End of the scheduled restarts',
  purpose: 'The service does not have to be restarted regularly any more.',
  needs: { workload: 'required' },
  input: z.object({}),
  steps: ({ action }) => {
    const unschedule = action(
      'unschedule',
      'Take the schedule away',
      workloadAction({ tier: 'mild', of: (workload) => schedulingOf(workload).remove, wanted: () => ({}) }),
    );
    return {
      steps: [unschedule],
      summary: ({ seen }) => `${seen(unschedule)?.summary}.`,
      afterFailure: () => ['rb restart schedules'],
    };
  },
});
