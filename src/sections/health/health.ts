import * as z from 'zod/mini';
import { RunbookError } from '../../engine/errors.ts';
import { Instances, instancesFinding } from '../instances.ts';
import { look } from '../ports.ts';
import { readIfSeen } from '../read-if-seen.ts';
import { Endpoints, LoadBalancer, probeEndpoints, probeLoadBalancer } from './endpoints.ts';

/** Every endpoint through the load balancer, the load balancer's own check, and each instance; all at the same time. */
export const health = look({
  id: 'health',
  section: '4',
  title: 'Health',
  purpose: 'Is the service healthy, and if not, which part of it?',
  needs: { settings: 'required', http: 'required', workload: 'optional' },
  input: z.object({}),
  /** Null: not configured, or not seen. */
  result: z.object({
    endpoints: z.nullable(Endpoints),
    loadBalancer: z.nullable(LoadBalancer),
    instances: z.nullable(Instances),
  }),
  steps: ({ parallel, check }) => {
    const endpoints = check('endpoints', 'Endpoints', {
      tolerant: true,
      data: Endpoints,
      look: async ({ ports, signal }) => probeEndpoints(await ports.settings(), await ports.http(), signal),
    });
    const loadBalancer = check('load-balancer', 'Load balancer', {
      tolerant: true,
      data: LoadBalancer,
      look: async ({ ports, signal }) => probeLoadBalancer(await ports.settings(), await ports.http(), signal),
    });
    const instances = check('instances', 'Instances', {
      tolerant: true,
      when: async ({ ports }) => (await ports.settings()).environment.workload !== undefined,
      data: Instances,
      look: async ({ ports, signal, clock }) => {
        const workload = await ports.workload();
        if (!workload) throw new RunbookError('unreachable', 'no `workload` is configured');
        return instancesFinding(await workload.status({ signal }), clock.now());
      },
    });
    return {
      steps: [parallel('health', 'Health', [endpoints, loadBalancer, instances])],
      result: (reads) => ({
        endpoints: readIfSeen(reads, endpoints) ?? null,
        loadBalancer: readIfSeen(reads, loadBalancer) ?? null,
        instances: readIfSeen(reads, instances) ?? null,
      }),
      afterFailure: () => ['rb restart status', 'rb restart --rolling --dry-run'],
    };
  },
});
