import * as z from 'zod/mini';
import type { EnvironmentBase } from '../../config/schema/environment.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Cell, DataFinding } from '../../engine/finding.ts';
import { worst } from '../../engine/finding.ts';
import { type Http, type Probe, probeVerdict, type ProbeResult } from '../../providers/http/port.ts';
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
  const unhealthy = results.filter((result) => !result.healthy);
  return {
    verdict: worst(results.map(probeVerdict)),
    summary:
      unhealthy.length === 0
        ? `${results.length} of ${results.length} endpoints healthy`
        : `${unhealthy.length} of ${results.length} endpoints ${unhealthy.every(isUnread) ? 'cannot be read' : 'unhealthy'}: ${unhealthy.map((result) => `${new URL(result.url).pathname} ${result.detail}`).join('; ')}`,
    evidence: {
      columns: [
        { title: 'endpoint' },
        { title: 'checks' },
        { title: 'answer' },
        { title: 'ms', align: 'right' },
        { title: 'own ms', align: 'right' },
      ],
      rows: results.map((result, index): readonly Cell[] => [
        new URL(result.url).pathname,
        endpoints[index]?.checks ?? null,
        { text: result.detail, verdict: probeVerdict(result) },
        Math.round(result.ms),
        result.reportedLatencyMs ?? null,
      ]),
    },
    data: { endpoints: results.map(asData) },
  };
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
  const verdict = latest?.healthy ? (failures > 0 ? 'warn' : 'ok') : worst(results.map(probeVerdict));
  const rule = `unhealthy after ${unhealthyThreshold} failures in a row, asked every ${intervalSeconds} s`;
  return {
    verdict,
    summary: latest?.healthy
      ? `load balancer check ${path} passes${failures > 0 ? ` after ${failures} failures` : ''} (${rule})`
      : `load balancer check ${path} ${verdict === 'unknown' ? 'cannot be read' : 'failed'} ${failures} times in a row: ${latest?.detail}`,
    data: { url, failures, unhealthyThreshold, intervalSeconds, healthy: latest?.healthy ?? false },
  };
};

const isUnread = (result: ProbeResult): boolean => probeVerdict(result) === 'unknown';

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
