import * as z from 'zod/mini';
import type { DataFinding } from '../../../engine/finding.ts';
import { judged, judgement, warn } from '../../../engine/judgement.ts';
import type { Schedule } from '../../../providers/workload/port.ts';
import { look } from '../../ports.ts';
import { schedulingOf } from './scheduling.ts';
import { counted } from '../../../words/counts.ts';

const Schedules = z.object({
  schedules: z.array(
    z.object({
      id: z.string(),
      expression: z.string(),
      suspended: z.boolean(),
      lastRunAt: z.optional(z.string()),
      lastResult: z.optional(z.string()),
    }),
  ),
});
type Schedules = z.output<typeof Schedules>;

/** The restarts at fixed times that `rb` has set up, and what became of the last one. */
export const restartSchedules = look({
  id: 'restart.schedules',
  section: '2.1',
  title: 'Scheduled restarts',
  purpose: 'Which restarts are scheduled, and what became of the last one?',
  needs: { workload: 'required' },
  input: z.object({}),
  result: Schedules,
  steps: ({ check }) => {
    const schedules = check('schedules', 'Scheduled restarts', {
      data: Schedules,
      look: async ({ ports, signal }) => schedulesFinding(await schedulingOf(await ports.workload()).list({ signal })),
    });
    return {
      steps: [schedules],
      result: ({ read }) => read(schedules),
      afterFailure: () => ['rb restart --every 6h'],
    };
  },
});

/** A schedule that does not run is a warning: the service relies on it. */
const schedulesFinding = (schedules: readonly Schedule[]): DataFinding<Schedules> => {
  const { evidence, ...finding } = judged({
    about: schedules.length === 0 ? 'no restarts are scheduled' : counted(schedules.length, 'schedule'),
    columns: [{ title: 'Schedule' }, { title: 'When' }, { title: 'State' }, { title: 'Last run' }, { title: 'Result' }],
    rows: schedules.map(({ id, expression, suspended, lastRunAt, lastResult }) => ({
      name: id,
      cells: [id, expression, suspended ? 'suspended' : 'active', lastRunAt ?? null, lastResult ?? null],
      marks: 2,
      judgement: judgement(suspended && warn('suspended, it does not run')),
    })),
  });
  return {
    ...finding,
    ...(schedules.length === 0 ? {} : { evidence }),
    data: { schedules: schedules.map((one) => ({ ...one })) },
  };
};
