import * as z from 'zod/mini';
import type { DataFinding } from '../../engine/finding.ts';
import { worst } from '../../engine/finding.ts';
import { look } from '../ports.ts';
import { probeEndpoints } from './endpoints.ts';

const Sample = z.object({ at: z.string(), failing: z.array(z.string()) });
type Sample = z.output<typeof Sample>;

const Watched = z.object({ samples: z.number(), failed: z.number(), failing: z.array(z.string()) });
type Watched = z.output<typeof Watched>;

/** The endpoints again and again. Unhealthy is what fails as often in a row as the load balancer's threshold says. */
export const healthWatch = look({
  id: 'health.watch',
  section: '4',
  title: 'Health, watched',
  purpose: 'Does the service stay healthy, for example after a change?',
  needs: { settings: 'required', http: 'required' },
  input: z.object({ everyMs: z.number().check(z.gte(250)), forMs: z.number().check(z.gt(0)) }),
  result: Watched,
  steps: ({ watch }) => {
    const endpoints = watch('endpoints', 'Endpoints', {
      data: Sample,
      everyMs: ({ input }) => input.everyMs,
      forMs: ({ input }) => input.forMs,
      endsWhenCritical: false,
      sample: async ({ ports, signal, clock, report }) => {
        const { data, evidence } = await probeEndpoints(await ports.settings(), await ports.http(), signal);
        report(evidence ? { table: evidence } : {});
        const failing = data.endpoints.filter((one) => !one.healthy).map((one) => new URL(one.url).pathname);
        return { at: clock.now().toISOString(), failing };
      },
      judge: async ({ ports }, samples) =>
        judge(samples, (await ports.settings()).environment.health.loadBalancer.unhealthyThreshold),
    });
    return {
      steps: [endpoints],
      result: ({ seen }) => Watched.parse(seen(endpoints)?.data),
      afterFailure: () => ['rb restart status', 'rb health'],
    };
  },
});

const judge = (samples: readonly Sample[], threshold: number): DataFinding<Watched> => {
  const latest = samples.at(-1)?.failing ?? [];
  const lasting = latest.filter(
    (path) =>
      samples.slice(-threshold).length === threshold &&
      samples.slice(-threshold).every((sample) => sample.failing.includes(path)),
  );
  const verdict = worst([latest.length > 0 ? 'warn' : 'ok', lasting.length > 0 ? 'critical' : 'ok']);
  const failed = samples.filter((sample) => sample.failing.length > 0).length;
  const data = { samples: samples.length, failed, failing: latest };
  if (verdict === 'critical')
    return { verdict, data, summary: `${lasting.join(', ')} failed ${threshold} times in a row` };
  if (verdict === 'warn') return { verdict, data, summary: `${latest.join(', ')} failed just now` };
  return { verdict, data, summary: `all endpoints healthy, ${failed} of ${samples.length} looks had a failure` };
};
