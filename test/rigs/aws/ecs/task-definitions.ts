import type { DescribeTaskDefinitionRequest, ListTaskDefinitionsRequest } from '@aws-sdk/client-ecs';
import { AwsError } from '../protocol/aws-error.ts';
import { page } from '../services/page.ts';
import type { Operations } from '../services/played-service.ts';
import type { EcsWorld } from './state.ts';

const number = (arn: string): number => Number(arn.slice(arn.lastIndexOf(':') + 1));

export const taskDefinitionOperations = (world: EcsWorld): Operations => ({
  DescribeTaskDefinition: ({ taskDefinition = '' }: DescribeTaskDefinitionRequest) => {
    const prefix = world.identifiers.arn('ecs', 'task-definition/');
    const arn = taskDefinition.startsWith('arn:') ? taskDefinition : `${prefix}${taskDefinition}`;
    const latest = [...world.taskDefinitions.keys()].filter((each) => each.startsWith(`${arn}:`)).at(-1);
    const found = world.taskDefinitions.get(arn) ?? world.taskDefinitions.get(latest ?? '');
    if (found === undefined) throw new AwsError('ClientException', 'Unable to describe task definition.');
    return { taskDefinition: found.definition, tags: [] };
  },

  ListTaskDefinitions: (input: ListTaskDefinitionsRequest) => {
    const { familyPrefix = '', status = 'ACTIVE', sort = 'ASC', maxResults = 100, nextToken } = input;
    const arns = [...world.taskDefinitions]
      .filter(([, { definition }]) => definition.status === status)
      .map(([arn]) => arn)
      .filter((arn) => arn.includes(`task-definition/${familyPrefix}`))
      .toSorted((a, b) => number(a) - number(b));
    const { items, next } = page(sort === 'DESC' ? arns.toReversed() : arns, maxResults, nextToken);
    return { taskDefinitionArns: items, nextToken: next };
  },
});
