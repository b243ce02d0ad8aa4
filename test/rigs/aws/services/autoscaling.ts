import type {
  DescribeScalableTargetsRequest,
  DescribeScheduledActionsRequest,
  RegisterScalableTargetRequest,
  ScalableTarget,
  ScalingActivity,
  ScheduledAction,
} from '@aws-sdk/client-application-auto-scaling';
import { updateService } from '../ecs/changes.ts';
import type { EcsWorld } from '../ecs/state.ts';
import type { ScalableTargetScenario } from '../scenario.ts';
import { AwsError } from '../protocol/aws-error.ts';
import { page } from './page.ts';
import type { Operations } from './played-service.ts';

/** The SDK says of no member that it is there; these always are. */
type PlayedTarget = ScalableTarget & { MinCapacity: number; MaxCapacity: number };

export interface Autoscaling {
  readonly targets: Map<string, PlayedTarget>;
  readonly scheduledActions: ScheduledAction[];
  activities: ScalingActivity[];
}

const dimension = 'ecs:service:DesiredCount' as const;

export const resourceId = (world: EcsWorld, service: string): string => `service/${world.clusterName}/${service}`;

export const createAutoscaling = (world: EcsWorld, scenarios: readonly ScalableTargetScenario[]): Autoscaling => {
  const autoscaling: Autoscaling = { targets: new Map(), scheduledActions: [], activities: [] };
  for (const { service, min, max, suspended = false, scheduledActions = [] } of scenarios) {
    const id = resourceId(world, service);
    autoscaling.targets.set(id, {
      ServiceNamespace: 'ecs',
      ResourceId: id,
      ScalableDimension: dimension,
      MinCapacity: min,
      MaxCapacity: max,
      RoleARN: `arn:aws:iam::${world.identifiers.account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService`,
      CreationTime: new Date(world.now - 86_400_000),
      SuspendedState: suspendedState(suspended),
    });
    for (const action of scheduledActions)
      autoscaling.scheduledActions.push({
        ScheduledActionName: action.name,
        ScheduledActionARN: world.identifiers.arn('autoscaling', `scheduledAction:${action.name}`),
        ServiceNamespace: 'ecs',
        Schedule: action.schedule,
        ResourceId: id,
        ScalableDimension: dimension,
        ScalableTargetAction: {
          ...(action.min === undefined ? {} : { MinCapacity: action.min }),
          ...(action.max === undefined ? {} : { MaxCapacity: action.max }),
        },
        CreationTime: new Date(world.now - 86_400_000),
      });
  }
  return autoscaling;
};

const suspendedState = (suspended: boolean) => ({
  DynamicScalingInSuspended: suspended,
  DynamicScalingOutSuspended: suspended,
  ScheduledScalingSuspended: suspended,
});

/**
 * An alarm goes off: unless that direction is suspended, the service is scaled by one, and into the limits. A count below the
 * minimum is raised to it by a scale-out only, as AWS documents.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html
 */
export const alarm = (world: EcsWorld, autoscaling: Autoscaling, name: string, direction: 'in' | 'out'): boolean => {
  const target = autoscaling.targets.get(resourceId(world, name));
  const service = world.services.get(name);
  if (target === undefined || service === undefined) throw new Error(`the scenario has no scalable target ${name}`);
  const { DynamicScalingInSuspended, DynamicScalingOutSuspended } = target.SuspendedState ?? {};
  if (direction === 'in' ? DynamicScalingInSuspended : DynamicScalingOutSuspended) return false;
  const wanted = service.desired + (direction === 'out' ? 1 : -1);
  const count = Math.min(target.MaxCapacity, Math.max(target.MinCapacity, wanted));
  updateService(world, service, { desiredCount: count });
  autoscaling.activities = [
    {
      ActivityId: world.identifiers.event(),
      ServiceNamespace: 'ecs',
      ResourceId: target.ResourceId,
      ScalableDimension: dimension,
      Description: `Setting desired count to ${count}.`,
      Cause: `monitor alarm ${name}-cpu in state ALARM triggered policy ${name}-cpu`,
      StartTime: new Date(world.now),
      StatusCode: 'Successful',
      StatusMessage: `Successfully set desired count to ${count}. Change successfully fulfilled by ecs.`,
    },
    ...autoscaling.activities,
  ];
  return true;
};

const wants = (ids: readonly string[] | undefined, id: string | undefined): boolean =>
  ids === undefined || ids.length === 0 || ids.includes(id ?? '');

export const autoscalingOperations = (autoscaling: Autoscaling): Operations => ({
  DescribeScalableTargets: (input: DescribeScalableTargetsRequest) => {
    const all = [...autoscaling.targets.values()].filter(({ ResourceId }) => wants(input.ResourceIds, ResourceId));
    const { items, next } = page(all, input.MaxResults ?? 50, input.NextToken);
    return { ScalableTargets: items, NextToken: next };
  },
  RegisterScalableTarget: (input: RegisterScalableTargetRequest) => {
    const target = autoscaling.targets.get(input.ResourceId ?? '');
    if (target === undefined)
      throw new AwsError('ValidationException', `No scalable target is registered for ${input.ResourceId}.`);
    const { MinCapacity = target.MinCapacity, MaxCapacity = target.MaxCapacity, SuspendedState } = input;
    if (MinCapacity > MaxCapacity)
      throw new AwsError('ValidationException', 'Maximum capacity cannot be less than minimum capacity');
    Object.assign(target, { MinCapacity, MaxCapacity });
    // A part of the state that is not named stays as it is.
    target.SuspendedState = { ...target.SuspendedState, ...SuspendedState };
    return {};
  },
  DescribeScheduledActions: (input: DescribeScheduledActionsRequest) => ({
    ScheduledActions: autoscaling.scheduledActions.filter(({ ResourceId }) =>
      wants(input.ResourceId === undefined ? undefined : [input.ResourceId], ResourceId),
    ),
  }),
  DescribeScalingActivities: ({ ResourceId }: { ResourceId?: string }) => ({
    ScalingActivities: autoscaling.activities.filter(
      (each) => ResourceId === undefined || each.ResourceId === ResourceId,
    ),
  }),
  DescribeScalingPolicies: () => ({ ScalingPolicies: [] }),
});
