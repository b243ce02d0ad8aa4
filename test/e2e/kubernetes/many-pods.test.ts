import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Gate, openGate } from '../../rigs/kubernetes/gate.ts';
import { useKubernetes } from './stage.ts';

const stage = useKubernetes();
const pods = 500;
const mostMegabytes = 150;

/** The most memory that the process has had at once, as the kernel counts it, up to its end; in megabytes of 10^6 bytes. */
const peakOf = async ({ pid, ended }: { readonly pid: number; readonly ended: Promise<unknown> }): Promise<number> => {
  let kilobytes = 0;
  const end = ended.then(() => true);
  while (!(await Promise.race([end, sleep(20, false)]))) kilobytes = Math.max(kilobytes, peakNow(pid));
  return (kilobytes * 1024) / 1e6;
};
const peakNow = (pid: number): number => {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    // It ends at this very moment.
    return 0;
  }
};

/** The lists of a resource; the further pages of one are not counted. */
const lists = ({ passed }: Gate): readonly string[] =>
  passed.filter(({ verb, query }) => verb === 'list' && !query.has('continue')).map(({ resource }) => resource);

test(`a restart of ${pods} pods: one list of each resource, then watches; less than ${mostMegabytes} MB of memory`, async () => {
  const name = await stage.deploy('many', {
    replicas: pods,
    behaviour: { startAfter: '10ms', readyAfter: '50ms', stopAfter: '10ms' },
    spec: { strategy: { rollingUpdate: { maxSurge: '40%', maxUnavailable: '40%' } } },
  });
  const gate = await openGate(stage.cluster);
  try {
    const operator = stage.operator(name, { kubeconfig: { url: gate.url } });
    const running = operator.start('restart --rolling --yes');
    const [megabytes, { code, stderr }] = await Promise.all([peakOf(running), running.ended]);
    process.stdout.write(
      `restart of ${pods} pods: at most ${megabytes.toFixed(0)} MB; lists: ${lists(gate).join(', ')}\n`,
    );
    expect([code, stderr]).toEqual([0, expect.stringContaining(`${pods} of ${pods} instances healthy`)]);
    expect(megabytes).toBeGreaterThan(0);
    expect(megabytes).toBeLessThan(mostMegabytes);
    expect(new Set(lists(gate)).size).toBe(lists(gate).length);
    expect(gate.passed.map(({ verb, resource }) => `${verb} ${resource}`)).toContain('watch pods');
  } finally {
    await gate.close();
  }
});
