import { describe, expect, test } from 'vitest';
import { blastRadiusOf, raisesOf } from '../../../../src/providers/workload/kubernetes/objects/availability.ts';
import { snapshotOf } from '../../../../src/providers/workload/kubernetes/objects/snapshot.ts';

type Kind = Parameters<typeof snapshotOf>[0];

/** An object of three instances that all serve, with this in its strategy. */
const three = (kind: Kind, rollingUpdate: object) => {
  const strategy = { type: 'RollingUpdate', rollingUpdate };
  const counts = { observedGeneration: 1, replicas: 3, readyReplicas: 3, availableReplicas: 3 };
  const onNodes = { desiredNumberScheduled: 3, currentNumberScheduled: 3, numberReady: 3, numberAvailable: 3 };
  return snapshotOf(kind, {
    metadata: { name: 'web', uid: 'u', resourceVersion: '9', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: {}, spec: {} },
      ...(kind === 'deployment' ? { strategy } : { updateStrategy: strategy }),
    },
    status: { ...counts, ...onNodes },
  });
};

describe('how many go at a time, by the percentages of the strategy', () => {
  test.each<[string, Kind, object, string, readonly string[]]>([
    [
      'a Deployment rounds what may be missing down',
      'deployment',
      { maxUnavailable: '50%', maxSurge: 0 },
      'replaced, one at a time',
      [],
    ],
    ['a StatefulSet too', 'statefulset', { maxUnavailable: '50%' }, 'replaced, one at a time', []],
    ['a DaemonSet rounds it up', 'daemonset', { maxUnavailable: '50%' }, 'replaced, 2 at a time', []],
    [
      'up to all of them',
      'daemonset',
      { maxUnavailable: '75%' },
      'replaced, 3 at a time',
      ['all 3 at once: maxUnavailable allows it'],
    ],
  ])('%s', (_, kind, rollingUpdate, how, raises) => {
    const snapshot = three(kind, rollingUpdate);
    expect(blastRadiusOf(snapshot)).toEqual([`all 3 instances, ${how}`]);
    expect(raisesOf(snapshot)).toEqual(raises);
  });
});
