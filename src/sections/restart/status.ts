import * as z from 'zod/mini';
import type { Finding } from '../../engine/finding.ts';
import type { WorkloadViews } from '../../providers/workload/port.ts';
import { lookFurther } from '../further.ts';
import { lookAtInstances } from '../instances.ts';
import type { Ports } from '../ports.ts';
import { procedure } from '../ports.ts';

const mostEvents = 8;
const mostRevisions = 6;

/** The first rows are for people; programs get all of it as data. */
const onOneScreen = (finding: Finding, rows = Number.POSITIVE_INFINITY): Finding => {
  const { evidence } = finding;
  if (!evidence || evidence.rows.length <= rows) return finding;
  const more = `${evidence.rows.length - rows} more: -o json`;
  return {
    ...finding,
    summary: `${finding.summary} (${more})`,
    evidence: { ...evidence, rows: evidence.rows.slice(0, rows) },
  };
};

/** One screen: the instances, and where the platform tells more: its rollout, autoscaler, events, what changed last. */
export const restartStatus = procedure({
  id: 'restart.status',
  section: '2.1',
  title: 'Instances',
  needs: ['workload'],
  input: z.object({}),
  steps: ({ check, parallel }) => {
    const view = (id: keyof WorkloadViews, title: string, rows?: number) => ({
      ...check(id, title, async (context) => onOneScreen(await lookFurther(context, id), rows)),
      when: ({ workload }: Pick<Ports, 'workload'>) => workload.views !== undefined,
    });
    return [
      parallel('status', 'Status', [
        check('instances', 'Instances', lookAtInstances),
        view('rollout', 'Rollout'),
        view('autoscaler', 'Autoscaler'),
        view('events', 'Recent events', mostEvents),
        view('revisions', 'What changed last', mostRevisions),
      ]),
    ];
  },
  afterFailure: ({ findings }) =>
    findings.get('status/rollout')?.verdict === 'critical'
      ? ['rb restart undo --dry-run   (shows what it would change)', 'rb restart undo', 'rb health']
      : ['rb restart --rolling', 'rb health'],
});
