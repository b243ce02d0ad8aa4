import * as z from 'zod/mini';
import { instancesFinding } from '../instances.ts';
import { procedure } from '../ports.ts';

export const restartStatus = procedure({
  id: 'restart.status',
  section: '2.1',
  title: 'Instances',
  needs: ['workload'],
  input: z.object({}),
  steps: ({ check }) => [
    check('instances', 'Instances', async ({ workload, signal, clock }) =>
      instancesFinding(await workload.status({ signal }), clock.now()),
    ),
  ],
  afterFailure: () => ['rb restart --rolling', 'rb health'],
});
