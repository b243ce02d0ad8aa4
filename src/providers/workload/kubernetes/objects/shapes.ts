import {
  count,
  either,
  fields,
  flag,
  integer,
  listOf,
  mapOf,
  nullable,
  optional,
  type Shape,
  text,
  time,
} from '../../../../clients/peer/shape.ts';

/*
 * What the API's objects must be, of the fields that are read here (objects.ts has their types). The server keeps its objects to
 * its own schemas; what answers with `replicas: "3"` or with conditions that are no list is not one, and is not believed.
 */

/** Written as null where it is empty, by servers in Go. */
const moment = optional(nullable(time));
const texts = optional(mapOf(text));

const meta = fields({
  name: text,
  uid: text,
  resourceVersion: text,
  generation: optional(count),
  creationTimestamp: time,
  deletionTimestamp: optional(time),
  labels: texts,
  annotations: texts,
  ownerReferences: optional(listOf(fields({ kind: text, name: text, uid: text, controller: optional(flag) }))),
});

const conditions = optional(
  listOf(
    fields({
      type: text,
      status: text,
      reason: optional(text),
      message: optional(text),
      lastUpdateTime: moment,
      lastTransitionTime: moment,
    }),
  ),
);

const labelSelector = fields({
  matchLabels: texts,
  matchExpressions: optional(listOf(fields({ key: text, operator: text, values: optional(listOf(text)) }))),
});

const percent: Shape<string> = {
  misfit: (value, at) =>
    typeof value === 'string' && /^\d{1,9}%$/.test(value) ? undefined : `${at} is neither a count nor a percentage`,
};
const strategy = optional(
  fields({
    type: optional(text),
    rollingUpdate: optional(
      fields({
        maxUnavailable: optional(either(count, percent)),
        maxSurge: optional(either(count, percent)),
        partition: optional(count),
      }),
    ),
  }),
);

const named = fields({ name: text, image: optional(text) });
const template = fields({
  metadata: fields({ labels: texts, annotations: texts }),
  spec: fields({ containers: optional(listOf(named)), terminationGracePeriodSeconds: optional(count) }),
});

const counts = Object.fromEntries(
  `observedGeneration replicas updatedReplicas readyReplicas availableReplicas desiredNumberScheduled
    currentNumberScheduled updatedNumberScheduled numberReady numberAvailable`
    .split(/\s+/)
    .map((name) => [name, optional(count)]),
);

/** A Deployment, a StatefulSet or a DaemonSet. */
export const workload = fields({
  metadata: meta,
  spec: fields({
    replicas: optional(count),
    paused: optional(flag),
    selector: labelSelector,
    template,
    minReadySeconds: optional(count),
    progressDeadlineSeconds: optional(count),
    strategy,
    updateStrategy: strategy,
  }),
  status: optional(fields({ ...counts, currentRevision: optional(text), updateRevision: optional(text), conditions })),
});

export const replicaSet = fields({ metadata: meta, spec: fields({ replicas: optional(count), template }) });

export const controllerRevision = fields({
  metadata: meta,
  revision: count,
  data: optional(fields({ spec: optional(fields({ template: optional(template) })) })),
});

const waiting = fields({ reason: optional(text), message: optional(text) });
const terminated = fields({
  exitCode: integer,
  reason: optional(text),
  message: optional(text),
  startedAt: moment,
  finishedAt: moment,
});
const containerState = optional(
  fields({
    waiting: optional(waiting),
    running: optional(fields({ startedAt: moment })),
    terminated: optional(terminated),
  }),
);
const containerStatuses = optional(
  listOf(
    fields({
      name: text,
      ready: optional(flag),
      restartCount: optional(count),
      state: containerState,
      lastState: containerState,
    }),
  ),
);

export const pod = fields({
  metadata: meta,
  spec: optional(
    fields({
      nodeName: optional(text),
      containers: optional(listOf(named)),
      initContainers: optional(listOf(fields({ name: text, restartPolicy: optional(text) }))),
    }),
  ),
  status: optional(
    fields({
      phase: optional(text),
      reason: optional(text),
      message: optional(text),
      startTime: moment,
      conditions,
      containerStatuses,
      initContainerStatuses: containerStatuses,
    }),
  ),
});

export const event = fields({
  metadata: meta,
  involvedObject: fields({ kind: optional(text), name: optional(text) }),
  type: optional(text),
  reason: optional(text),
  message: optional(text),
  count: optional(count),
  firstTimestamp: moment,
  lastTimestamp: moment,
  eventTime: moment,
  series: optional(nullable(fields({ count: optional(count), lastObservedTime: moment }))),
});

const scaleTargetRef = fields({ name: text, kind: optional(text), apiVersion: optional(text) });
const autoscalerStatus = optional(fields({ conditions: nullable(conditions) }));
export const hpa = fields({
  metadata: meta,
  spec: fields({
    scaleTargetRef,
    minReplicas: optional(count),
    maxReplicas: count,
    behavior: optional(
      nullable(fields({ scaleUp: optional(nullable(fields({}))), scaleDown: optional(nullable(fields({}))) })),
    ),
  }),
  status: autoscalerStatus,
});
export const scaledObject = fields({
  metadata: meta,
  spec: fields({ scaleTargetRef, minReplicaCount: optional(count), maxReplicaCount: optional(count) }),
  status: autoscalerStatus,
});

export const budget = fields({ metadata: meta, spec: fields({ selector: optional(nullable(labelSelector)) }) });

const within = (name: string, shape: Shape<unknown>) => optional(fields({ [name]: shape }));
const containers = optional(listOf(fields({ image: optional(text) })));
export const cronJob = fields({
  metadata: meta,
  spec: fields({
    schedule: text,
    timeZone: optional(text),
    suspend: optional(flag),
    jobTemplate: within('spec', within('template', within('spec', within('containers', containers)))),
  }),
  status: optional(fields({ lastScheduleTime: moment })),
});
export const job = fields({ metadata: meta, status: optional(fields({ conditions })) });
/** An object of which nothing but its name and labels is read. */
export const plain = fields({ metadata: meta });
