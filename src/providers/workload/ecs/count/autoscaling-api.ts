import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScalingPoliciesCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import type {
  RegisterScalableTargetRequest,
  ScalableTarget,
  ScalingPolicy,
} from '@aws-sdk/client-application-auto-scaling';
import { pages } from '../../../../clients/aws/pages.ts';
import type { AwsSession } from '../../../../clients/aws/session.ts';
import type { Call } from '../../port.ts';

/** What is asked of Application Auto Scaling. `resource` is `service/<cluster>/<service>`. Errors: those of `AwsSession`. */
export interface AutoscalingApi {
  /** Undefined where the service is not registered. */
  target(resource: string, call: Pick<Call, 'signal'>): Promise<ScalableTarget | undefined>;
  policies(resource: string, call: Pick<Call, 'signal'>): Promise<readonly ScalingPolicy[]>;
  /** What is not given stays as it is. */
  update(
    resource: string,
    change: Pick<RegisterScalableTargetRequest, 'MinCapacity' | 'MaxCapacity' | 'SuspendedState'>,
    call: Pick<Call, 'signal' | 'clock'>,
  ): Promise<void>;
}

const of = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' } as const;

export const openAutoscalingApi = async (session: AwsSession): Promise<AutoscalingApi> => {
  const { reads, writes } = await session.connect(
    'Application Auto Scaling',
    (settings) => new ApplicationAutoScalingClient(settings),
  );
  return {
    target: async (resource, { signal }) => {
      const found = await pages(async ({ nextToken: NextToken }) => {
        const input = { ...of, ResourceIds: [resource], NextToken };
        const answer = await session.read(
          'application-autoscaling:DescribeScalableTargets',
          () => reads.send(new DescribeScalableTargetsCommand(input), { abortSignal: signal }),
          { signal },
        );
        return { items: answer.ScalableTargets ?? [], next: answer.NextToken };
      });
      return found[0];
    },
    policies: (ResourceId, { signal }) =>
      pages(async ({ nextToken: NextToken }) => {
        const input = { ...of, ResourceId, NextToken };
        const answer = await session.read(
          'application-autoscaling:DescribeScalingPolicies',
          () => reads.send(new DescribeScalingPoliciesCommand(input), { abortSignal: signal }),
          { signal },
        );
        return { items: answer.ScalingPolicies ?? [], next: answer.NextToken };
      }),
    update: async (ResourceId, change, call) => {
      await session.write(
        'application-autoscaling:RegisterScalableTarget',
        () =>
          writes.send(new RegisterScalableTargetCommand({ ...of, ResourceId, ...change }), {
            abortSignal: call.signal,
          }),
        call,
      );
    },
  };
};
