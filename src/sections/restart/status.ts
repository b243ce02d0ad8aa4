import * as z from 'zod/mini';
import { platformView, revisionsView } from '../further.ts';
import { Instances, lookAtInstances } from '../instances.ts';
import { look } from '../ports.ts';

const mostEvents = 8;
const mostRevisions = 6;

/** One screen: the instances, and where the platform has more to say: its rollout, autoscaler, events, what changed last. */
export const restartStatus = look({
  id: 'restart.status',
  section: '2.1',
  title: 'Instances',
  purpose: 'What is running, since when and how well, and what changed last?',
  needs: { workload: 'required' },
  input: z.object({}),
  result: Instances,
  steps: ({ check, parallel }) => {
    const instances = check('instances', 'Instances', { data: Instances, look: lookAtInstances });
    const rollout = check('rollout', 'Rollout', platformView('rollout'));
    const status = parallel('status', 'Status', [
      instances,
      rollout,
      check('autoscaler', 'Autoscaler', platformView('autoscaler')),
      check('events', 'Recent events', platformView('events', mostEvents)),
      check('revisions', 'What changed last', revisionsView(mostRevisions)),
    ]);
    return {
      steps: [status],
      result: ({ read }) => read(instances),
      afterFailure: ({ seen }) =>
        seen(rollout)?.verdict === 'critical'
          ? ['rb restart undo --dry-run   (shows what it would change)', 'rb restart undo', 'rb health']
          : ['rb restart --rolling', 'rb health'],
    };
  },
});
