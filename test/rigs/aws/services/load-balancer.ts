import type {
  DescribeTargetGroupsInput,
  DescribeTargetHealthInput,
  TargetHealth,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { isServing } from '../ecs/task.ts';
import type { EcsWorld, PlayedTask } from '../ecs/state.ts';
import { AwsError } from '../protocol/aws-error.ts';
import type { Operations } from './played-service.ts';

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html; undefined: not registered. */
const healthOf = (world: EcsWorld, task: PlayedTask, afterSeconds: number): TargetHealth | undefined => {
  if (task.status === 'DEACTIVATING')
    return {
      State: 'draining',
      Reason: 'Target.DeregistrationInProgress',
      Description: 'Target deregistration is in progress',
    };
  if (task.status !== 'RUNNING' && task.status !== 'ACTIVATING') return undefined;
  if (isServing(task, world.now - afterSeconds * 1000)) return { State: 'healthy' };
  const old = task.startedAt !== undefined && world.now - task.startedAt >= task.behaviour.healthyIn * 1000;
  return task.behaviour.unhealthy === true && old
    ? {
        State: 'unhealthy',
        Reason: 'Target.ResponseCodeMismatch',
        Description: 'Health checks failed with these codes: [503]',
      }
    : { State: 'initial', Reason: 'Elb.RegistrationInProgress', Description: 'Target registration is in progress' };
};

const notFound = (arn: string) => new AwsError('TargetGroupNotFound', `Target groups '${arn}' not found`);

/** Target groups of the services; their targets are the tasks. */
export const loadBalancerOperations = (world: EcsWorld): Operations => {
  const groups = () =>
    new Map(
      [...world.services.values()].flatMap((service) =>
        [service.targetGroup, service.slowTargetGroup, service.alternateTargetGroup].flatMap((group) =>
          group === undefined ? [] : [[group, service] as const],
        ),
      ),
    );

  return {
    DescribeTargetGroups: ({ TargetGroupArns }: DescribeTargetGroupsInput) => {
      for (const arn of TargetGroupArns ?? []) if (!groups().has(arn)) throw notFound(arn);
      return {
        TargetGroups: (TargetGroupArns ?? [...groups().keys()]).map((arn) => ({
          TargetGroupArn: arn,
          TargetGroupName: arn.split('/')[1],
          Protocol: 'HTTP',
          Port: 8080,
          VpcId: 'vpc-3ac0fb5f',
          HealthCheckPath: '/health',
          HealthCheckIntervalSeconds: 30,
          TargetType: 'ip',
        })),
      };
    },
    DescribeTargetHealth: ({ TargetGroupArn = '' }: DescribeTargetHealthInput) => {
      const service = groups().get(TargetGroupArn);
      if (service === undefined) throw notFound(TargetGroupArn);
      const isEmpty = service.alternateTargetGroup !== undefined && TargetGroupArn === service.targetGroup;
      const targets = world.tasks.filter((task) => task.service === service.name && !isEmpty);
      return {
        TargetHealthDescriptions: targets.flatMap((task, index) => {
          const health = healthOf(world, task, TargetGroupArn === service.slowTargetGroup ? 60 : 0);
          const target = service.hostPorts
            ? { Id: 'i-0a1b2c3d4e5f60718', Port: 32_768 + index }
            : { Id: task.address, Port: 8080, AvailabilityZone: task.zone };
          return health === undefined ? [] : [{ Target: target, HealthCheckPort: '8080', TargetHealth: health }];
        }),
      };
    },
  };
};
