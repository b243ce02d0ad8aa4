import * as z from 'zod/mini';
import type { WorkloadViews } from '../../providers/workload/port.ts';
import { lookFurther } from '../further.ts';
import { lookAtInstances } from '../instances.ts';
import type { Ports } from '../ports.ts';
import { procedure } from '../ports.ts';

/** One screen: the instances, and where the platform tells more: its rollout, autoscaler, events, what changed last. */
export const restartStatus = procedure({
  id: 'restart.status',
  section: '2.1',
  title: 'Instances',
  needs: ['workload'],
  input: z.object({}),
  steps: ({ check, parallel }) => {
    const view = (id: keyof WorkloadViews, title: string) => ({
      ...check(id, title, (context) => lookFurther(context, id)),
      when: ({ workload }: Pick<Ports, 'workload'>) => workload.views !== undefined,
    });
    return [
      parallel('status', 'Status', [
        check('instances', 'Instances', lookAtInstances),
        view('rollout', 'Rollout'),
        view('autoscaler', 'Autoscaler'),
        view('events', 'Recent events'),
        view('revisions', 'What changed last'),
      ]),
    ];
  },
  afterFailure: ({ findings }) =>
    findings.get('status/rollout')?.verdict === 'critical'
      ? ['rb restart undo --dry-run   (what the version before would bring back)', 'rb restart undo', 'rb health']
      : ['rb restart --rolling', 'rb health'],
});
