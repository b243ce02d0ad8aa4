import { describe, expect, test } from 'vitest';
import { startProxy } from '../../rigs/toxiproxy.ts';
import { useKubernetes } from './stage.ts';

const stage = useKubernetes();

/** Ten minutes, a look every ten seconds. */
const usual = ['scaling: { min: 1, max: 8 }'];
/** Half a minute, a look every three seconds. */
const short = ['scaling: { min: 1, max: 8, watchMinutes: 0.5 }'];

/** The last line before it. */
const last = 'Instances after the change';

describe('the watch after rb scale down', () => {
  test('a pod that begins to crash ends it: exit code 1', async () => {
    const name = await stage.deploy('falls');
    const running = stage.operator(name, { lines: usual }).start('scale down --yes');
    await running.writes(last);
    const [pod] = await stage.control.pods(name);
    if (!pod) throw new Error('there are pods');
    await stage.control.behave([pod], { behaviour: 'crash-loop', exitCode: 3 });
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/Watch the service: (?:falls-\S+ restarted by itself|1 instances are running, not 2)/),
    ]);
    expect((await stage.control.get('Deployment', name)).spec.replicas).toBe(2);
  });

  test('Ctrl-C ends the watch and nothing else, and says what state was left', async () => {
    const name = await stage.deploy('left');
    const running = stage.operator(name, { lines: usual }).start('scale down --yes');
    await running.writes(last);
    running.signal('SIGINT');
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([
      130,
      expect.stringContaining('Only the watch has ended: the change stays as it is'),
    ]);
    expect((await stage.control.get('Deployment', name)).spec.replicas).toBe(2);
  });

  test('a connection that is cut for a while does not end it', async () => {
    const name = await stage.deploy('seen-again');
    const proxy = await startProxy(stage.cluster.url);
    try {
      const operator = stage.operator(name, { lines: short, kubeconfig: { url: proxy.url } });
      const running = operator.start('scale down --yes -o ndjson');
      await running.writes('"type":"sample"');
      await proxy.cut();
      await running.writes('cannot see for now, and looks again for up to 60 s');
      await proxy.restore();
      const { code, stdout } = await running.ended;
      expect([code, stdout]).toEqual([0, expect.stringMatching(/stable with 2 instances over \d+ samples/)]);
    } finally {
      await proxy.close();
    }
  });
});
