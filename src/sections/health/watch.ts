import * as z from 'zod/mini';
import type { Finding } from '../../engine/finding.ts';
import { worst } from '../../engine/finding.ts';
import type { Json } from '../../engine/json.ts';
import { procedure } from '../ports.ts';
import { probeEndpoints } from './endpoints.ts';

/** The endpoints again and again. Unhealthy is what fails as often in a row as the load balancer's threshold says. */
export const healthWatch = procedure({
  id: 'health.watch',
  section: '4',
  title: 'Health, watched',
  needs: ['settings', 'http'],
  input: z.object({ everyMs: z.number().check(z.gte(250)), forMs: z.number().check(z.gt(0)) }),
  steps: ({ watch }) => [
    watch('endpoints', 'Endpoints', {
      everyMs: ({ input }) => input.everyMs,
      forMs: ({ input }) => input.forMs,
      endsWhenCritical: false,
      sample: async ({ settings, http, signal, clock, report }) => {
        const finding = await probeEndpoints(settings.environment, http, signal);
        report(finding.evidence ? { table: finding.evidence } : {});
        return { at: clock.now().toISOString(), ...sampleOf(finding) };
      },
      judge: ({ settings }, samples) =>
        judge(samples as readonly HealthSample[], settings.environment.health.loadBalancer.unhealthyThreshold),
    }),
  ],
  afterFailure: () => ['rb restart status', 'rb health'],
});

type HealthSample = { readonly failing: readonly string[] };

const sampleOf = (finding: Finding): HealthSample => {
  const { endpoints } = finding.data as {
    readonly endpoints: readonly { readonly url: string; readonly healthy: boolean }[];
  };
  return { failing: endpoints.filter((one) => !one.healthy).map((one) => new URL(one.url).pathname) };
};

const judge = (samples: readonly HealthSample[], threshold: number): Finding => {
  const latest = samples.at(-1)?.failing ?? [];
  const lasting = latest.filter(
    (path) =>
      samples.slice(-threshold).length === threshold &&
      samples.slice(-threshold).every((sample) => sample.failing.includes(path)),
  );
  const verdict = worst([latest.length > 0 ? 'warn' : 'ok', lasting.length > 0 ? 'critical' : 'ok']);
  const failed = samples.filter((sample) => sample.failing.length > 0).length;
  const data: Json = { samples: samples.length, failed, failing: latest };
  if (verdict === 'critical')
    return { verdict, data, summary: `${lasting.join(', ')} failed ${threshold} times in a row` };
  if (verdict === 'warn') return { verdict, data, summary: `${latest.join(', ')} failed just now` };
  return { verdict, data, summary: `all endpoints healthy, ${failed} of ${samples.length} looks had a failure` };
};
