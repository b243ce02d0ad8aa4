import { describe, expect, test } from 'vitest';
import type { Condition, WorkloadObject } from '../../../../src/providers/workload/kubernetes/objects/objects.ts';
import { judgeRollout, type RolloutContext } from '../../../../src/providers/workload/kubernetes/rollout/rollout.ts';
import { snapshotOf } from '../../../../src/providers/workload/kubernetes/objects/snapshot.ts';

type Kind = Parameters<typeof snapshotOf>[0];
type Status = NonNullable<WorkloadObject['status']>;

/** An object of generation 4 that its controller has seen, with this status and spec. */
const seen = (kind: Kind, status: Status, spec: object = {}) =>
  snapshotOf(kind, {
    metadata: { name: 'web', uid: 'u', resourceVersion: '9', generation: 4, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: {}, spec: {} },
      ...spec,
    },
    status: { observedGeneration: 4, ...status },
  });

const all = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };
const exceeded = (replicaSet: string, at = '2026-01-01T10:00:00Z'): Condition => ({
  type: 'Progressing',
  status: 'False',
  reason: 'ProgressDeadlineExceeded',
  message: `ReplicaSet "${replicaSet}" has timed out progressing.`,
  lastUpdateTime: at,
});

describe('the rollout of a Deployment', () => {
  test.each<[string, Status, object, RolloutContext, string, RegExp]>([
    ['everything new and available', all, {}, {}, 'complete', /^3 of 3 pods/],
    ['the same counts, from before the change', { ...all, observedGeneration: 3 }, {}, {}, 'under way', /not seen/],
    ['no status at all yet', { observedGeneration: 0 }, {}, {}, 'under way', /not seen/],
    ['two of three made', { ...all, replicas: 4, updatedReplicas: 2 }, {}, {}, 'under way', /^2 of 3 new pods/],
    ['an old one left', { ...all, replicas: 4 }, {}, {}, 'under way', /^1 old pod is still there$/],
    ['new ones not available', { ...all, availableReplicas: 1 }, {}, {}, 'under way', /^1 of 3 new pods are available/],
    ['scaled to none', { observedGeneration: 4 }, { replicas: 0 }, {}, 'complete', /^0 of 0/],
    [
      'the deadline exceeded, named for the present ReplicaSet',
      { ...all, updatedReplicas: 1, conditions: [exceeded('web-new')] },
      {},
      { hash: 'new' },
      'failed',
      /web-new.*timed out/,
    ],
    [
      'the deadline exceeded by the ReplicaSet that was undone',
      { ...all, replicas: 4, conditions: [exceeded('web-bad')] },
      {},
      { hash: 'good' },
      'under way',
      /1 old/,
    ],
    [
      'the same ReplicaSet again, and the condition from before the change',
      { ...all, updatedReplicas: 1, conditions: [exceeded('web-bad')] },
      {},
      { hash: 'bad', exceededBefore: '2026-01-01T10:00:00Z' },
      'under way',
      /1 of 3/,
    ],
    [
      'the same ReplicaSet again, exceeded once more since',
      { ...all, updatedReplicas: 1, conditions: [exceeded('web-bad', '2026-01-01T10:09:00Z')] },
      {},
      { hash: 'bad', exceededBefore: '2026-01-01T10:00:00Z' },
      'failed',
      /timed out/,
    ],
    [
      'the deadline exceeded, seen with an old generation',
      { ...all, observedGeneration: 3, conditions: [exceeded('web-new')] },
      {},
      { hash: 'new' },
      'under way',
      /not seen/,
    ],
    ['paused half-way', { ...all, updatedReplicas: 1 }, { paused: true }, {}, 'held', /^paused: 1 of 3/],
    ['paused when it was done', all, { paused: true }, {}, 'complete', /3 of 3/],
  ])('%s', (_, status, spec, context, state, what) => {
    const rollout = judgeRollout(seen('deployment', status, spec), context);
    expect(rollout).toMatchObject({ state, what: expect.stringMatching(what) as string });
  });
});

const partition = (count: number) => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: count } },
});

describe('the rollout of a StatefulSet', () => {
  test.each<[string, Status, object, string, RegExp]>([
    ['everything new and ready', all, {}, 'complete', /3 of 3 pods are new/],
    ['the same counts, from before the change', { ...all, observedGeneration: 3 }, {}, 'under way', /not seen/],
    ['one not ready', { ...all, readyReplicas: 2 }, {}, 'under way', /2 of 3 pods are ready/],
    ['two new', { ...all, updatedReplicas: 2 }, {}, 'under way', /2 of 3 pods are new/],
    ['two new above a partition of one', { ...all, updatedReplicas: 2 }, partition(1), 'complete', /2 of 3.*1 below/],
    ['one new above a partition of one', { ...all, updatedReplicas: 1 }, partition(1), 'under way', /1 of 2/],
    ['a partition above everything', { ...all, updatedReplicas: 0 }, partition(5), 'complete', /0 of 3.*3 below/],
    [
      'ready but not for long enough',
      { ...all, availableReplicas: 2 },
      { minReadySeconds: 10 },
      'under way',
      /2 of 3 pods are available/,
    ],
    ['pods that only go when somebody deletes them', all, { updateStrategy: { type: 'OnDelete' } }, 'held', /OnDelete/],
  ])('%s', (_, status, spec, state, what) => {
    const rollout = judgeRollout(seen('statefulset', status, spec));
    expect(rollout).toMatchObject({ state, what: expect.stringMatching(what) as string });
  });
});

describe('the rollout of a DaemonSet', () => {
  const onAll = { desiredNumberScheduled: 5, currentNumberScheduled: 5, updatedNumberScheduled: 5, numberAvailable: 5 };
  test.each<[string, Status, object, string, RegExp]>([
    ['a new one on every node', onAll, {}, 'complete', /5 of 5/],
    ['the same counts, from before the change', { ...onAll, observedGeneration: 3 }, {}, 'under way', /not seen/],
    ['on two nodes', { ...onAll, updatedNumberScheduled: 2 }, {}, 'under way', /2 of 5 nodes/],
    ['not available everywhere', { ...onAll, numberAvailable: 4 }, {}, 'under way', /4 of 5/],
    ['no node wants one', { desiredNumberScheduled: 0 }, {}, 'complete', /0 of 0/],
    ['OnDelete', onAll, { updateStrategy: { type: 'OnDelete' } }, 'held', /OnDelete/],
  ])('%s', (_, status, spec, state, what) => {
    const rollout = judgeRollout(seen('daemonset', status, spec));
    expect(rollout).toMatchObject({ state, what: expect.stringMatching(what) as string });
  });
});
