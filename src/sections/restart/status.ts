import * as z from 'zod/mini';
import { lookAtInstances } from '../instances.ts';
import { procedure } from '../ports.ts';

export const restartStatus = procedure({
  id: 'restart.status',
  section: '2.1',
  title: 'Instances',
  needs: ['workload'],
  input: z.object({}),
  steps: ({ check }) => [check('instances', 'Instances', lookAtInstances)],
  afterFailure: () => ['rb restart --rolling', 'rb health'],
});
