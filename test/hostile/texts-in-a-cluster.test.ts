import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { useKubernetes } from '../e2e/kubernetes/stage.ts';
import { newDirectory } from '../e2e/rig.ts';
import { attack, inTwos } from './attack.ts';
import { share } from './prove.ts';
import { hostileStrings } from './strings.ts';

/*
 * Texts in a real control plane, wherever it takes any text: annotations, variables, causes of a change, events, conditions, and what is said of
 * containers. Names and labels are not among them: Kubernetes lets nothing into them that could do harm.
 */

const stage = useKubernetes();
const canary = join(newDirectory(), 'canary');
const { broken, held, end } = attack('texts in a cluster', canary);
afterAll(end);

test('nothing of them is run, acts on the terminal or is a fault', { timeout: 900_000 }, async () => {
  const name = await stage.deploy('checkout', { replicas: 2 });
  const operator = stage.operator(name);
  const { api } = stage.cluster;
  const { namespace } = stage.control;
  const core = `/api/v1/namespaces/${namespace}`;
  const each = 24;
  for (let round = 0; round < share(8, 1); round++) {
    const texts = hostileStrings(9000 + round, each, canary).map((text) => text.toWellFormed().slice(0, 1000));
    const text = (index: number): string => texts[index] ?? '';
    const annotations = Object.fromEntries(texts.slice(0, 6).map((one, index) => [`example.org/text-${index}`, one]));
    /* oxlint-disable no-await-in-loop -- one round after another, each on top of the one before */
    const { metadata } = await stage.control.patch('Deployment', name, {
      metadata: { annotations: { ...annotations, 'kubernetes.io/change-cause': text(6) } },
      spec: {
        template: {
          metadata: { annotations },
          spec: {
            containers: [
              {
                name: 'app',
                image: `registry.test/checkout:1.0.${round}`,
                env: [{ name: 'TEXT', value: text(7) }],
                command: ['/bin/sh', '-c', text(8)],
              },
            ],
          },
        },
      },
    });
    for (const [index, message] of texts.slice(9, 16).entries())
      await api.post(`${core}/events`, {
        metadata: { name: `hostile-${round}-${index}` },
        involvedObject: { kind: 'Deployment', name, namespace, uid: metadata.uid, apiVersion: 'apps/v1' },
        type: 'Warning',
        reason: text(16 + (index % 2)).slice(0, 100),
        message,
        lastTimestamp: new Date().toISOString(),
        firstTimestamp: new Date().toISOString(),
        count: 1,
      });
    await stage.control.settled('Deployment', name);
    const [pod] = await stage.control.pods(name);
    if (pod)
      await api.patch(`${core}/pods/${pod.metadata.name}/status`, {
        status: {
          reason: text(18),
          message: text(19),
          conditions: [{ type: 'Ready', status: 'False', reason: 'Hostile', message: text(20) }],
          containerStatuses: [
            {
              name: 'app',
              ready: false,
              restartCount: 3,
              image: text(21),
              imageID: '',
              state: { waiting: { reason: text(22), message: text(23) } },
              lastState: { terminated: { exitCode: 1, reason: text(22), message: text(23) } },
            },
          ],
        },
      });
    const form = round % 2 === 0 ? '-v' : '-o json';
    const lines = ['restart status', 'scale status', 'health', 'restart undo --dry-run', 'restart schedules'];
    const change = ['restart --rolling --dry-run', 'restart --rolling --yes --timeout 5s'];
    await inTwos([...lines, ...change], async (line) => held(each, line, await operator.run(`${line} ${form}`)));
    held(each, 'audit report', await operator.run('audit report'));
  }
  expect(broken).toEqual([]);
});
