import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling';
import { ECS } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { Scheduler } from '@aws-sdk/client-scheduler';

/** The SDK's clients for a peer on this machine, without a look at this machine's own configuration. */
export const clientsFor = (
  { endpoint, region }: { readonly endpoint: string; readonly region: string },
  options: { readonly maxAttempts?: number } = {},
) => {
  const configuration = {
    ...options,
    endpoint,
    region,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
  };
  return {
    ecs: new ECS(configuration),
    autoscaling: new ApplicationAutoScaling(configuration),
    loadBalancer: new ElasticLoadBalancingV2(configuration),
    scheduler: new Scheduler(configuration),
  };
};
