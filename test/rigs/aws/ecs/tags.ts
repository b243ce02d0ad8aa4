import type {
  ListTagsForResourceRequest,
  Service,
  TagResourceRequest,
  UntagResourceRequest,
} from '@aws-sdk/client-ecs';
import { AwsError } from '../protocol/aws-error.ts';
import type { Operations } from '../services/played-service.ts';
import { findService } from './find.ts';
import type { EcsWorld, PlayedService } from './state.ts';

const tagged = (world: EcsWorld, arn = ''): Map<string, string> => {
  const service = findService(world, arn);
  if (service === undefined || !arn.startsWith('arn:'))
    throw new AwsError('InvalidParameterException', 'The specified resource was not found.');
  return (service.tags ??= new Map());
};

const tagsOf = (tags: ReadonlyMap<string, string> = new Map()) => [...tags].map(([key, value]) => ({ key, value }));

/** A service's tags are only in DescribeServices when they are asked for. */
export const withTags = (service: PlayedService, described: Service): Service => ({
  ...described,
  tags: tagsOf(service.tags),
});

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html */
export const tagOperations = (world: EcsWorld): Operations => ({
  TagResource: ({ resourceArn, tags = [] }: TagResourceRequest) => {
    const all = tagged(world, resourceArn);
    for (const { key = '', value = '' } of tags) all.set(key, value);
    return {};
  },
  UntagResource: ({ resourceArn, tagKeys = [] }: UntagResourceRequest) => {
    const all = tagged(world, resourceArn);
    for (const key of tagKeys) all.delete(key);
    return {};
  },
  ListTagsForResource: ({ resourceArn }: ListTagsForResourceRequest) => ({ tags: tagsOf(tagged(world, resourceArn)) }),
});
