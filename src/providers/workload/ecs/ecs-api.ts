import {
  DescribeServiceDeploymentsCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ListServiceDeploymentsCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  StopTaskCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import type {
  DescribeServicesResponse,
  Service,
  ServiceDeployment,
  ServiceDeploymentBrief,
  ServiceRevision,
  Task,
  TaskDefinition,
  UpdateServiceRequest,
} from '@aws-sdk/client-ecs';
import type { AwsSession } from '../../../clients/aws/session.ts';
import { batches } from '../../../clients/aws/batches.ts';
import { pages } from '../../../clients/aws/pages.ts';
import { held } from '../../../clients/peer/shape.ts';
import type { Call } from '../port.ts';
import * as shapes from './shapes.ts';

type Reading = Pick<Call, 'signal'>;
type Writing = Pick<Call, 'signal' | 'clock'>;
interface Place {
  readonly cluster: string;
  readonly service: string;
}

/** What is asked of ECS, page after page and in batches as large as it takes. Errors: those of `AwsSession`. */
export interface EcsApi {
  describeService(place: Place, call: Reading, withTags?: boolean): Promise<DescribeServicesResponse>;
  updateService(
    place: Place,
    change: Pick<UpdateServiceRequest, 'desiredCount' | 'taskDefinition' | 'forceNewDeployment'>,
    call: Writing,
  ): Promise<Service | undefined>;
  /** Tasks that ECS wants to run, or those that it wants to stop or has stopped within the last hour. */
  tasks(place: Place, desired: 'RUNNING' | 'STOPPED', call: Reading): Promise<readonly Task[]>;
  stopTask(cluster: string, task: string, reason: string, call: Writing): Promise<void>;
  taskDefinition(name: string, call: Reading): Promise<TaskDefinition>;
  /** Of a family, those that are not deregistered, the newest first, at most so many. */
  taskDefinitionsOf(family: string, limit: number, call: Reading): Promise<readonly string[]>;
  /** The newest first, at most so many. */
  serviceDeployments(
    place: Place,
    limit: number,
    call: Reading,
    createdAfter?: Date,
  ): Promise<readonly ServiceDeploymentBrief[]>;
  serviceDeployment(arn: string, call: Reading): Promise<ServiceDeployment | undefined>;
  serviceRevisions(arns: readonly string[], call: Reading): Promise<readonly ServiceRevision[]>;
  tag(arn: string, key: string, value: string, call: Writing): Promise<void>;
  untag(arn: string, key: string, call: Writing): Promise<void>;
}

const tasksAtATime = 100;
const revisionsAtATime = 20;

export const openEcsApi = async (session: AwsSession): Promise<EcsApi> => {
  const { reads, writes } = await session.connect('ECS', (settings) => new ECSClient(settings));
  const { read, write } = session;

  return {
    describeService: ({ cluster, service }, call, withTags = false) =>
      read(
        'ecs:DescribeServices',
        async () =>
          held(
            await reads.send(
              new DescribeServicesCommand({ cluster, services: [service], ...(withTags ? { include: ['TAGS'] } : {}) }),
              until(call),
            ),
            shapes.services,
          ),
        call,
      ),
    updateService: async ({ cluster, service }, change, call) => {
      const input = { cluster, service, ...change };
      const answer = await write(
        'ecs:UpdateService',
        async () => held(await writes.send(new UpdateServiceCommand(input), until(call)), shapes.updated),
        call,
      );
      return answer.service;
    },
    tasks: async ({ cluster, service: serviceName }, desiredStatus, call) => {
      const arns = await pages(async (nextToken) => {
        const input = { cluster, serviceName, desiredStatus, ...nextToken };
        const answer = await read('ecs:ListTasks', () => reads.send(new ListTasksCommand(input), until(call)), call);
        return { items: answer.taskArns ?? [], next: answer.nextToken };
      });
      const described = await Promise.all(
        batches(arns, tasksAtATime).map((tasks) =>
          read(
            'ecs:DescribeTasks',
            async () =>
              held(
                await reads.send(new DescribeTasksCommand({ cluster, tasks: [...tasks] }), until(call)),
                shapes.tasks,
              ),
            call,
          ),
        ),
      );
      return described.flatMap((answer) => answer.tasks ?? []);
    },
    stopTask: async (cluster, task, reason, call) => {
      await write('ecs:StopTask', () => writes.send(new StopTaskCommand({ cluster, task, reason }), until(call)), call);
    },
    taskDefinition: async (taskDefinition, call) => {
      const answer = await read(
        'ecs:DescribeTaskDefinition',
        () => reads.send(new DescribeTaskDefinitionCommand({ taskDefinition }), until(call)),
        call,
      );
      return answer.taskDefinition ?? {};
    },
    taskDefinitionsOf: async (familyPrefix, limit, call) => {
      const arns = await pages(async (nextToken) => {
        const input = { familyPrefix, status: 'ACTIVE', sort: 'DESC', maxResults: 100, ...nextToken } as const;
        const answer = await read(
          'ecs:ListTaskDefinitions',
          () => reads.send(new ListTaskDefinitionsCommand(input), until(call)),
          call,
        );
        return { items: answer.taskDefinitionArns ?? [], next: answer.nextToken };
      }, limit);
      return arns;
    },
    serviceDeployments: ({ cluster, service }, limit, call, createdAfter) =>
      pages(async (nextToken) => {
        const since = createdAfter === undefined ? {} : { createdAt: { after: createdAfter } };
        const input = { cluster, service, maxResults: Math.min(100, limit), ...since, ...nextToken };
        const answer = await read(
          'ecs:ListServiceDeployments',
          () => reads.send(new ListServiceDeploymentsCommand(input), until(call)),
          call,
        );
        return { items: answer.serviceDeployments ?? [], next: answer.nextToken };
      }, limit),
    serviceDeployment: async (arn, call) => {
      const answer = await read(
        'ecs:DescribeServiceDeployments',
        () => reads.send(new DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [arn] }), until(call)),
        call,
      );
      return answer.serviceDeployments?.[0];
    },
    serviceRevisions: async (arns, call) => {
      const answers = await Promise.all(
        batches(arns, revisionsAtATime).map((serviceRevisionArns) =>
          read(
            'ecs:DescribeServiceRevisions',
            () =>
              reads.send(
                new DescribeServiceRevisionsCommand({ serviceRevisionArns: [...serviceRevisionArns] }),
                until(call),
              ),
            call,
          ),
        ),
      );
      return answers.flatMap((answer) => answer.serviceRevisions ?? []);
    },
    tag: async (resourceArn, key, value, call) => {
      const input = { resourceArn, tags: [{ key, value }] };
      await write('ecs:TagResource', () => writes.send(new TagResourceCommand(input), until(call)), call);
    },
    untag: async (resourceArn, key, call) => {
      const input = { resourceArn, tagKeys: [key] };
      await write('ecs:UntagResource', () => writes.send(new UntagResourceCommand(input), until(call)), call);
    },
  };
};

const until = ({ signal }: Reading) => ({ abortSignal: signal });
