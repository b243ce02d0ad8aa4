import { DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { AwsSession } from '../../../../clients/aws/session.ts';
import type { Call } from '../../port.ts';

/** What is asked of the load balancers. Errors: those of `AwsSession`. */
export interface LoadBalancerApi {
  targetHealth(targetGroup: string, call: Pick<Call, 'signal'>): Promise<readonly TargetHealthDescription[]>;
}

export const openLoadBalancerApi = async (session: AwsSession): Promise<LoadBalancerApi> => {
  const { reads } = await session.connect(
    'Elastic Load Balancing v2',
    (settings) => new ElasticLoadBalancingV2Client(settings),
  );
  return {
    targetHealth: async (TargetGroupArn, { signal }) => {
      const answer = await session.read(
        'elasticloadbalancing:DescribeTargetHealth',
        () => reads.send(new DescribeTargetHealthCommand({ TargetGroupArn }), { abortSignal: signal }),
        { signal },
      );
      return answer.TargetHealthDescriptions ?? [];
    },
  };
};
