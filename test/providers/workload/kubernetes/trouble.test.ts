import { describe, expect, test } from 'vitest';
import type { Condition, WorkloadObject } from '../../../../src/providers/workload/kubernetes/objects/objects.ts';
import type { ContainerView, PodView } from '../../../../src/providers/workload/kubernetes/objects/pods.ts';
import { snapshotOf } from '../../../../src/providers/workload/kubernetes/objects/snapshot.ts';
import { openTrouble, watchForTrouble } from '../../../../src/providers/workload/kubernetes/rollout/trouble.ts';

const object = (conditions: readonly Condition[] = [], updated = 1) =>
  snapshotOf('deployment', {
    metadata: { name: 'web', uid: 'u', resourceVersion: '9', generation: 4, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { replicas: 3, selector: {}, template: { metadata: {}, spec: {} } },
    status: { observedGeneration: 4, updatedReplicas: updated, conditions },
  } satisfies WorkloadObject);

const running: ContainerView = {
  name: 'app',
  init: false,
  ready: false,
  restarts: 0,
  state: 'running',
  reason: undefined,
  message: undefined,
  exitCode: undefined,
  startedAt: undefined,
  last: undefined,
};
const ended = { ...running, state: 'terminated', reason: 'Error', exitCode: 1 } as const;
const again = { ...running, restarts: 1, last: { reason: 'Error', exitCode: 1 } } as const;
const backingOff = { ...again, state: 'waiting', reason: 'CrashLoopBackOff' } as const;
const waiting = (reason: string, message?: string): ContainerView => ({
  ...running,
  state: 'waiting',
  reason,
  message,
});

const pod = (container: ContainerView, more: Partial<PodView> = {}): PodView => ({
  uid: more.name ?? 'web-1',
  name: 'web-1',
  hash: 'new',
  ownerUid: 'r',
  phase: 'Running',
  ready: container.ready,
  terminating: false,
  createdAt: '2026-01-01T00:00:00Z',
  startedAt: undefined,
  restarts: container.restarts,
  version: '1.0.0',
  node: 'node-1',
  reason: undefined,
  unschedulable: undefined,
  containers: [container],
  ...more,
});

/** What the last of several looks says; each is at so many milliseconds. */
const after = (...looks: readonly (readonly [number, readonly PodView[], ReturnType<typeof object>?])[]) => {
  const look = watchForTrouble();
  const all = looks.map(([at, pods, snapshot = object()]) => look(snapshot, pods, at));
  const last = all.at(-1);
  if (!last) throw new Error('one look at least');
  return last;
};
const ready = { ...running, ready: true };

describe('what decides at once', () => {
  test.each<[string, ContainerView, string]>([
    ['the platform waits before it starts it once more', backingOff, 'CrashLoopBackOff'],
    ['the image cannot be pulled, and it waits', waiting('ImagePullBackOff'), 'ImagePullBackOff'],
    ['the registry says that there is no such image', waiting('ErrImagePull', 'x: not found'), 'ErrImagePull'],
    ['the image is no name', waiting('InvalidImageName'), 'InvalidImageName'],
    ['a Secret that it needs is not there', waiting('CreateContainerConfigError'), 'CreateContainerConfigError'],
    [
      'it was killed for its memory, and waits',
      { ...backingOff, last: { reason: 'OOMKilled', exitCode: 137 } },
      'OOMKilled',
    ],
  ])('%s', (_, container, reason) => {
    expect(after([0, [pod(container)]]).fatal).toMatchObject([{ pod: 'web-1', container: 'app', reason }]);
  });

  test('the exit code of the run before is told', () => {
    expect(after([0, [pod(backingOff)]]).fatal).toMatchObject([{ exitCode: 1, restarts: 1 }]);
  });
});

describe('a crash', () => {
  test('alone decides nothing, and is told', () => {
    const { fatal, doubtful } = after([0, [pod(running)]], [100, [pod(ended)]], [200, [pod(again)]]);
    expect([fatal, doubtful]).toMatchObject([[], [{ reason: 'Error', exitCode: 1, restarts: 1 }]]);
  });

  test('that it recovers from is forgotten', () => {
    const back = { ...again, ready: true };
    expect(after([0, [pod(running)]], [100, [pod(again)]], [200, [pod(back)]])).toMatchObject({
      fatal: [],
      doubtful: [],
    });
  });

  test('for the second time decides, before the platform says CrashLoopBackOff', () => {
    expect(after([0, [pod(running)]], [100, [pod(again)]], [200, [pod({ ...ended, restarts: 1 })]]).fatal).toHaveLength(
      1,
    );
  });

  test('of two new pods decides while none is ready, not while one is', () => {
    const two = [pod(ended, { name: 'web-1' }), pod(ended, { name: 'web-2' })];
    expect(after([0, two]).fatal).toHaveLength(2);
    expect(after([0, [...two, pod(ready, { name: 'web-3' })]]).fatal).toEqual([]);
  });

  test('from before the first look is not held against a pod', () => {
    expect(after([0, [pod({ ...running, restarts: 7 })]]).fatal).toEqual([]);
  });

  test('from before is all that a single look has to judge by: the second one decides', () => {
    const look = watchForTrouble({ restarts: 'all' });
    const [one, two] = [1, 2].map((restarts) => pod({ ...again, restarts }, { name: `web-${restarts}` }));
    if (!one || !two) throw new Error('there are two');
    expect(look(object(), [one, two], 0).fatal).toMatchObject([{ pod: 'web-2', exitCode: 1, restarts: 2 }]);
  });

  test('after which it is not started again decides after 3 s, and it is looked at then', () => {
    expect(after([0, [pod(ended)]])).toMatchObject({ fatal: [], againInMs: 3000 });
    expect(after([0, [pod(ended)]], [3000, [pod(ended)]]).fatal).toHaveLength(1);
  });

  test('is none where an init container has ended well', () => {
    const done: ContainerView = { ...ended, init: true, exitCode: 0, reason: 'Completed' };
    expect(after([0, [pod(done)]], [9000, [pod(done)]]).fatal).toEqual([]);
  });
});

describe('what may still go away', () => {
  test('a registry that does not answer once', () => {
    const slow = waiting('ErrImagePull', 'dial tcp: i/o timeout');
    expect(after([0, [pod(slow)]])).toMatchObject({ fatal: [], doubtful: [{ reason: 'ErrImagePull' }] });
  });

  test('no node for a pod: told after 5 s, decided by the deadline alone', () => {
    const alone = pod(running, {
      containers: [],
      phase: 'Pending',
      unschedulable: { message: '0/5 nodes', since: undefined },
    });
    expect(after([0, [alone]])).toMatchObject({ doubtful: [], againInMs: 5000 });
    expect(after([0, [alone]], [600_000, [alone]])).toMatchObject({
      fatal: [],
      doubtful: [{ reason: 'Unschedulable', message: '0/5 nodes' }],
    });
    expect(openTrouble([alone])).toMatchObject([{ reason: 'Unschedulable' }]);
  });

  test('pods that may not be made: decided after 10 s without a step forward', () => {
    const quota = object([
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' },
    ]);
    expect(after([0, [], quota], [9000, [], quota]).fatal).toEqual([]);
    expect(after([0, [], quota], [10_000, [], quota]).fatal).toMatchObject([{ message: 'exceeded quota' }]);
    const moved = object(quota.conditions, 2);
    expect(after([0, [], quota], [9000, [], moved], [12_000, [], moved]).fatal).toEqual([]);
  });
});

test('at the end of a wait, a pod that is merely not ready is named too', () => {
  expect(openTrouble([pod(running), pod(ready, { name: 'web-2' })])).toMatchObject([
    { pod: 'web-1', reason: 'not ready' },
  ]);
});
