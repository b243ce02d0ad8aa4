import { describe, expect, test } from 'vitest';
import type { Http, Probe, ProbeFailure } from '../../src/providers/http/port.ts';
import { health } from '../../src/sections/health/health.ts';
import { healthWatch } from '../../src/sections/health/watch.ts';
import { overview } from '../../src/sections/overview/overview.ts';
import { scaleStatus } from '../../src/sections/scale/status.ts';
import { probeEndpoints, probeLoadBalancer } from '../../src/sections/health/endpoints.ts';
import { bare, newPlatform } from './platform.ts';
import { runOn, settingsFrom } from './rig.ts';
import { newServers } from './servers.ts';

const url = 'url: "http://shop.example"';
const withWorkload = `${url}, workload: { provider: command, instances: [list] }`;

const http = (isHealthy: (path: string) => boolean = () => true): { readonly http: Http } => ({
  http: {
    probe: async (probe: Probe) => {
      const healthy = isHealthy(new URL(probe.url).pathname);
      return { url: probe.url, healthy, ms: 1, detail: healthy ? 'HTTP 200' : 'HTTP 503' };
    },
  },
});

const answers = (failing: Record<string, ProbeFailure>): Http => ({
  probe: async (probe) => {
    const failure = failing[new URL(probe.url).pathname];
    return { url: probe.url, healthy: !failure, ms: 1, detail: failure ?? 'HTTP 200', ...(failure && { failure }) };
  },
});

describe('rb health', () => {
  // The configuration was checked before: what a reference (`${env:URL}`) stands for comes later.
  test.each(['nonsense', 'ftp://shop.example', 'http://', 'http://shop example', ''])(
    'a URL that is not one (%j) is named by its key',
    async (wrong) => {
      const settings = settingsFrom(url);
      const selected = { name: 'prod', environment: { ...settings.environment, url: wrong } };
      for (const probe of [probeEndpoints, probeLoadBalancer])
        await expect(probe(selected, http().http, new AbortController().signal)).rejects.toMatchObject({
          kind: 'usage',
          message: 'environments.prod.url is not a URL that begins with http:// or https://',
        });
    },
  );

  test('what cannot be read is unknown, and unhealthy counts more', async () => {
    const settings = settingsFrom(url);
    const verdict = async (failing: Record<string, ProbeFailure>) =>
      (await probeEndpoints(settings, answers(failing), new AbortController().signal)).verdict;
    expect(await verdict({})).toBe('ok');
    expect(await verdict({ '/health/db': 'unreadable' })).toBe('unknown');
    expect(await verdict({ '/health/db': 'unreadable', '/health': 'status' })).toBe('critical');
    const balanced = probeLoadBalancer(settings, answers({ '/health': 'unreadable' }), new AbortController().signal);
    expect(await balanced).toMatchObject({ verdict: 'unknown', data: { healthy: false } });
  });

  test('looks at everything, and gives what it saw', async () => {
    const { end, events } = await runOn(health, newServers().workload, {}, { settings: withWorkload, ports: http() });
    expect(end.outcome).toMatchObject({ status: 'done', verdict: 'ok' });
    expect(events.at(-1)).toMatchObject({
      type: 'session.closed',
      result: { loadBalancer: { healthy: true }, instances: { desired: 3 } },
    });
  });

  test('without a workload there are no instances to look at, and that is not unknown', async () => {
    const { end, of, events } = await runOn(health, undefined, {}, { settings: url, ports: http() });
    expect(end.outcome).toMatchObject({ status: 'done', verdict: 'ok' });
    expect(of('step.result').find(({ step }) => step === 'health/instances')?.result).toBe('skipped');
    expect(events.at(-1)).toMatchObject({ result: { instances: null } });
  });

  test('one that cannot be asked leaves the others, and is unknown', async () => {
    const servers = newServers();
    servers.unreachable = 'no answer';
    const options = { settings: withWorkload, ports: http() };
    const { end, found } = await runOn(health, servers.workload, {}, options);
    expect(found('health/endpoints')?.verdict).toBe('ok');
    expect(found('health/instances')).toMatchObject({ verdict: 'unknown', summary: 'cannot see: no answer' });
    expect(end.outcome).toMatchObject({ status: 'unseen', verdict: 'unknown', summary: 'cannot see: no answer.' });
  });

  test('what is critical counts more than what cannot be seen', async () => {
    const servers = newServers();
    servers.unreachable = 'no answer';
    const options = { settings: withWorkload, ports: http((path) => path !== '/health/db') };
    const { end } = await runOn(health, servers.workload, {}, options);
    expect(end.outcome).toMatchObject({ status: 'critical', verdict: 'critical' });
    expect(end.outcome.summary).toContain('/health/db: HTTP 503');
  });

  test('watched, it gives what it counted', async () => {
    const { end, events } = await runOn(
      healthWatch,
      undefined,
      { everyMs: 1000, forMs: 5000 },
      { settings: url, ports: http() },
    );
    expect(end.outcome.status).toBe('done');
    expect(events.at(-1)).toMatchObject({ result: { failed: 0, failing: [] } });
  });
});

test('rb overview: an environment without a url is not unknown', async () => {
  const { end, found } = await runOn(overview, undefined, {}, { ports: http() });
  expect(end.outcome).toMatchObject({ status: 'done', verdict: 'ok' });
  expect(found('environments')?.data).toEqual({ environments: [{ name: 'staging', url: null, verdict: 'unknown' }] });
});

describe('rb scale status', () => {
  test('without limits says so, and that the floor is 1; that is not unknown', async () => {
    const { end, found, events } = await runOn(scaleStatus, bare(newPlatform()), {});
    expect(end.outcome).toMatchObject({ status: 'done', verdict: 'ok' });
    expect(found('limits')).toEqual({
      verdict: 'ok',
      summary: 'no limits are configured (`scaling`); the floor is 1 instance',
      data: { min: 1, max: null, offPeak: null },
    });
    expect(events.at(-1)).toMatchObject({ result: { instances: { desired: 3 }, limits: { min: 1 } } });
  });

  test('shows the limits and whether it is off-peak', async () => {
    const settings = 'scaling: { min: 2, max: 6, offPeak: { from: "22:00", to: "06:00", timeZone: Etc/UTC } }';
    const { found } = await runOn(scaleStatus, newPlatform().workload, {}, { settings });
    expect(found('limits')?.summary).toBe('between 2 and 6 instances; off-peak 22:00-06:00 Etc/UTC, it is 00:00: now');
  });
});
