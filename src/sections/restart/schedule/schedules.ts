import * as z from 'zod/mini';
import type { DataFinding, Table } from '../../../engine/finding.ts';
import type { Schedule } from '../../../providers/workload/port.ts';
import { look } from '../../ports.ts';
import { schedulingOf } from './scheduling.ts';

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

/** A schedule that does not run is a warning: somebody relies on it. */
const schedulesFinding = (schedules: readonly Schedule[]): DataFinding<Schedules> => {
  const idle = schedules.filter(({ suspended }) => suspended);
  return {
    verdict: idle.length > 0 ? 'warn' : 'ok',
    summary: summaryOf(schedules, idle.length),
    ...(schedules.length === 0 ? {} : { evidence: tableOf(schedules) }),
    data: { schedules: schedules.map((one) => ({ ...one })) },
  };
};

const tableOf = (schedules: readonly Schedule[]): Table => ({
  columns: [{ title: 'Schedule' }, { title: 'When' }, { title: 'State' }, { title: 'Last run' }, { title: 'Result' }],
  rows: schedules.map(({ id, expression, suspended, lastRunAt, lastResult }) => [
    id,
    expression,
    suspended ? { text: 'suspended', verdict: 'warn' } : 'active',
    lastRunAt ?? null,
    lastResult ?? null,
  ]),
});

const summaryOf = (schedules: readonly Schedule[], idle: number): string => {
  if (schedules.length === 0) return 'no restarts are scheduled';
  const count = `${schedules.length} ${schedules.length === 1 ? 'schedule' : 'schedules'}`;
  return idle === 0 ? count : `${count}, ${idle} suspended`;
};
