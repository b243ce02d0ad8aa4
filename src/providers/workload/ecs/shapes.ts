import {
  count,
  fields,
  flag,
  listOf,
  nullable,
  number,
  optional,
  type Shape,
  text,
} from '../../../clients/peer/shape.ts';

/* What the SDK hands out of ECS's answers must be, of the fields that are read here: it looks at no type by itself. */

const moment: Shape<Date> = {
  misfit: (value, at) =>
    value instanceof Date && !Number.isNaN(value.getTime()) ? undefined : `${at} is not a point in time`,
};
const maybe = <Value>(shape: Shape<Value>) => optional(nullable(shape));

const deployment = fields({
  id: maybe(text),
  status: maybe(text),
  taskDefinition: maybe(text),
  desiredCount: maybe(count),
  runningCount: maybe(count),
  pendingCount: maybe(count),
  failedTasks: maybe(count),
  createdAt: maybe(moment),
  rolloutState: maybe(text),
  rolloutStateReason: maybe(text),
});

const service = fields({
  serviceArn: text,
  status: text,
  desiredCount: count,
  runningCount: count,
  pendingCount: count,
  taskDefinition: maybe(text),
  deployments: maybe(listOf(deployment)),
  events: maybe(listOf(fields({ id: maybe(text), createdAt: maybe(moment), message: maybe(text) }))),
  schedulingStrategy: maybe(text),
  deploymentController: maybe(fields({ type: maybe(text) })),
  deploymentConfiguration: maybe(
    fields({
      minimumHealthyPercent: maybe(count),
      maximumPercent: maybe(count),
      deploymentCircuitBreaker: maybe(fields({ enable: maybe(flag) })),
    }),
  ),
  loadBalancers: maybe(listOf(fields({ targetGroupArn: maybe(text), containerName: maybe(text) }))),
});

const task = fields({
  taskArn: text,
  lastStatus: text,
  desiredStatus: maybe(text),
  healthStatus: maybe(text),
  stoppedReason: maybe(text),
  stopCode: maybe(text),
  startedAt: maybe(moment),
  stoppedAt: maybe(moment),
  stoppingAt: maybe(moment),
  taskDefinitionArn: maybe(text),
  containers: maybe(
    listOf(
      fields({
        name: maybe(text),
        image: maybe(text),
        exitCode: maybe(number),
        reason: maybe(text),
        networkInterfaces: maybe(listOf(fields({ privateIpv4Address: maybe(text) }))),
      }),
    ),
  ),
});

export const services = fields({ services: maybe(listOf(service)), failures: maybe(listOf(fields({}))) });
export const tasks = fields({ tasks: maybe(listOf(task)) });
export const updated = fields({ service: maybe(service) });
