import * as z from 'zod/mini';
import type { EnvironmentBase } from '../../config/schema/environment.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { DataFinding } from '../../engine/finding.ts';
import { critical, judged, ok, unknown, warn } from '../../engine/judgement.ts';
import type { Judgement } from '../../engine/judgement.ts';
import { type Http, type Probe, probeVerdict, type ProbeResult } from '../../providers/http/port.ts';
import { counted } from '../../words/counts.ts';
import type { Settings } from '../settings.ts';

export const Endpoints = z.object({
  endpoints: z.array(
    z.object({
      url: z.string(),
      healthy: z.boolean(),
      ms: z.number(),
      detail: z.string(),
      failure: z.optional(z.string()),
      httpStatus: z.optional(z.number()),
      reportedLatencyMs: z.optional(z.number()),
    }),
  ),
});
export type Endpoints = z.output<typeof Endpoints>;

export const LoadBalancer = z.object({
  url: z.string(),
  failures: z.number(),
  unhealthyThreshold: z.number(),
  intervalSeconds: z.number(),
  healthy: z.boolean(),
});
export type LoadBalancer = z.output<typeof LoadBalancer>;

/** The selected environment, and its name for messages. */
type Environment = Pick<Settings, 'name' | 'environment'>;

/** Section 4 of the runbook: every endpoint, all at the same time. Errors: `usage` where the environment has no `url`. */
export const probeEndpoints = async (
  selected: Environment,
  http: Http,
  signal: AbortSignal,
): Promise<DataFinding<Endpoints>> => {
  const base = baseUrl(selected);
  const { endpoints, timeoutSeconds } = selected.environment.health;
  const results = await Promise.all(
    endpoints.map((endpoint) => http.probe(probeFor(base, endpoint, timeoutSeconds), signal)),
  );
  return {
    ...judged({
      about: `${results.filter(({ healthy }) => healthy).length} of ${results.length} endpoints healthy`,
      columns: [
        { title: 'endpoint' },
        { title: 'checks' },
        { title: 'answer' },
        { title: 'ms', align: 'right' },
        { title: 'own ms', align: 'right' },
      ],
      rows: results.map((result, index) => ({
        name: new URL(result.url).pathname,
        cells: [
          new URL(result.url).pathname,
          endpoints[index]?.checks ?? null,
          { text: result.detail, verdict: 'ok' },
          Math.round(result.ms),
          result.reportedLatencyMs ?? null,
        ],
        marks: 2,
        judgement: judgeProbe(result),
      })),
    }),
    data: { endpoints: results.map(asData) },
  };
};

/** An answer that cannot be read is not known to be healthy, nor to be unhealthy. */
const judgeProbe = (result: ProbeResult): Judgement => {
  const verdict = probeVerdict(result);
  if (verdict === 'ok') return ok;
  return verdict === 'unknown' ? unknown(`cannot be read: ${result.detail}`) : critical(result.detail);
};

/**
 * The load balancer's own view: its health check fails only after `unhealthyThreshold` failures in a row, so that is how
 * often it is asked before it counts as down.
 */
export const probeLoadBalancer = async (
  selected: Environment,
  http: Http,
  signal: AbortSignal,
): Promise<DataFinding<LoadBalancer>> => {
  const { health } = selected.environment;
  const { path, unhealthyThreshold, intervalSeconds } = health.loadBalancer;
  const url = at(baseUrl(selected), path);
  const results: ProbeResult[] = [];
  while (results.length < unhealthyThreshold && !results.at(-1)?.healthy)
    // oxlint-disable-next-line no-await-in-loop -- "in a row" means one after another
    results.push(await http.probe({ url, timeoutMs: health.timeoutSeconds * 1000 }, signal));
  const latest = results.at(-1);
  const failures = results.filter((result) => !result.healthy).length;
  return {
    ...judged({
      about: `${latest?.healthy ? `load balancer check ${path} passes` : 'the load balancer'} (unhealthy after ${unhealthyThreshold} failures in a row, asked every ${intervalSeconds} s)`,
      columns: [{ title: 'check' }, { title: 'failures', align: 'right' }, { title: 'answer' }],
      rows: [
        {
          name: `load balancer check ${path}`,
          cells: [path, failures, latest?.detail ?? null],
          marks: 2,
          judgement: judgeInARow(results),
        },
      ],
    }),
    data: { url, failures, unhealthyThreshold, intervalSeconds, healthy: latest?.healthy ?? false },
  };
};

const judgeInARow = (results: readonly ProbeResult[]): Judgement => {
  const latest = results.at(-1);
  const failures = counted(results.filter(({ healthy }) => !healthy).length, 'time');
  if (latest?.healthy) return results.length === 1 ? ok : warn(`failed ${failures} before it passed`);
  const isUnread = results.every((result) => probeVerdict(result) === 'unknown');
  return (isUnread ? unknown : critical)(
    `${isUnread ? 'cannot be read' : 'failed'} ${failures} in a row: ${latest?.detail ?? 'not asked'}`,
  );
};

/** Errors: `usage`, naming the key, where there is none, or where it is not a URL: the check of the configuration does not see what a reference holds. */
const baseUrl = ({ name, environment: { url } }: Environment): string => {
  const key = `environments.${name}.url`;
  if (url === undefined)
    throw new RunbookError('usage', 'This environment has no `url`, so there is nothing to ask for its health.', {
      next: ['add to the environment in runbook.config.yaml:  url: https://checkout.example.com'],
    });
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new RunbookError('usage', `${key} is not a URL that begins with http:// or https://`, {
    next: [`correct ${key} in runbook.config.yaml, or what its reference leads to`],
  });
};

/** Below the path of the base, if it has one. */
const at = (base: string, path: string): string => `${base.replace(/(?<!\/)\/+$/, '')}${path}`;

const probeFor = (
  base: string,
  endpoint: EnvironmentBase['health']['endpoints'][number],
  timeoutSeconds: number,
): Probe => ({
  url: at(base, endpoint.path),
  status: endpoint.status,
  timeoutMs: timeoutSeconds * 1000,
  ...(endpoint.expect ? { body: endpoint.expect } : {}),
  ...(endpoint.latencyField === undefined ? {} : { latencyField: endpoint.latencyField }),
});

const asData = ({ url, healthy, ms, failure, detail, httpStatus, reportedLatencyMs }: ProbeResult) => ({
  url,
  healthy,
  ms: Math.round(ms * 10) / 10,
  detail,
  ...(failure === undefined ? {} : { failure }),
  ...(httpStatus === undefined ? {} : { httpStatus }),
  ...(reportedLatencyMs === undefined ? {} : { reportedLatencyMs }),
});
