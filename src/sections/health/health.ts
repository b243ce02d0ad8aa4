import * as z from 'zod/mini';
import { instancesFinding } from '../instances.ts';
import { procedure } from '../ports.ts';
import { probeEndpoints, probeLoadBalancer } from './endpoints.ts';

/** Every endpoint through the load balancer, the load balancer's own check, and each instance; all at the same time. */
export const health = procedure({
  id: 'health',
  section: '4',
  title: 'Health',
  needs: ['settings', 'http', 'workloadIfAny'],
  input: z.object({}),
  steps: ({ parallel, check }) => [
    parallel('health', 'Health', [
      check('endpoints', 'Endpoints', ({ settings, http, signal }) =>
        probeEndpoints(settings.environment, http, signal),
      ),
      check('load-balancer', 'Load balancer', ({ settings, http, signal }) =>
        probeLoadBalancer(settings.environment, http, signal),
      ),
      check('instances', 'Instances', async ({ workloadIfAny, signal, clock }) =>
        workloadIfAny
          ? instancesFinding(await workloadIfAny.status({ signal }), clock.now())
          : { verdict: 'unknown', summary: 'no `workload` is configured, so the instances cannot be seen' },
      ),
    ]),
  ],
  afterFailure: () => ['rb restart status', 'rb restart --rolling --dry-run'],
});
