import { RunbookError } from '../../../engine/errors.ts';
import type { Verdict } from '../../../engine/finding.ts';
import type { Http, ProbeFailure, ProbeResult } from '../../http/port.ts';
import { type Listed, startTime } from './instances.ts';

export interface Health {
  readonly health: Verdict;
  readonly detail?: string;
  readonly failure?: ProbeFailure;
  /** It answered over HTTP, healthy or not. */
  readonly answered: boolean;
  /** It answers that it is still getting ready. */
  readonly warmingUp: boolean;
  readonly version?: string;
  readonly startedAt?: string;
}

const notSeen = { answered: false, warmingUp: false } as const;
/** Failures that say something about us or the name server, or nothing that is understood: not that the instance is ill. */
const blind = new Set<ProbeFailure>(['nxdomain', 'servfail', 'forbidden', 'unreadable']);

/** The health of one instance, by asking its own URL. `unknown` where it cannot be asked; never a guess. */
export const healthOf = async (
  instance: Listed,
  config: { readonly instanceHealth?: string | undefined; readonly healthTimeoutMs: number },
  http: Http,
  signal: AbortSignal,
): Promise<Health> => {
  if (config.instanceHealth === undefined)
    return { ...notSeen, health: 'unknown', detail: 'no instanceHealth configured' };
  if (instance.state === 'stopped') return { ...notSeen, health: 'critical', detail: 'stopped' };
  const url = healthUrl(config.instanceHealth, instance);
  if (url === undefined)
    return { ...notSeen, health: 'unknown', detail: 'the instances command does not print what its health URL needs' };
  return judged(await http.probe({ url, timeoutMs: config.healthTimeoutMs }, signal));
};

const judged = (probe: ProbeResult): Health => {
  const version = probe.body?.['version'];
  const startedAt = probe.body?.['startedAt'] ?? probe.body?.['started_at'];
  const about = {
    answered: probe.httpStatus !== undefined,
    warmingUp: probe.says === 'starting',
    ...(typeof version === 'string' && version !== ''
      ? { version: version.slice(0, longestVersion).toWellFormed() }
      : {}),
    ...started(startedAt),
  };
  if (probe.healthy) return { ...about, health: 'ok' };
  const { failure } = probe;
  return {
    ...about,
    health: failure !== undefined && blind.has(failure) ? 'unknown' : 'critical',
    detail: probe.detail,
    ...(failure === undefined ? {} : { failure }),
  };
};

const longestVersion = 100;

const started = (value: unknown): { startedAt?: string } => {
  const time = typeof value === 'string' || typeof value === 'number' ? startTime(value) : undefined;
  return time === undefined ? {} : { startedAt: time };
};

const placeholder = /\{\{\s*([A-Za-z][\w.-]*)\s*\}\}/g;

/** Fills the URL. What it begins with may be a whole base URL; anything else is one part of it and cannot begin a new one. */
const healthUrl = (template: string, { fields }: Listed): string | undefined => {
  let missing = false;
  const url = template.replaceAll(placeholder, (_, name: string, offset: number) => {
    const value = Object.hasOwn(fields, name) ? (fields[name] ?? '') : '';
    if (value === '') missing = true;
    return offset === 0
      ? value.replace(/(?<!\/)\/+$/, '')
      : value.toWellFormed().replaceAll(/[^A-Za-z0-9._~:[\]-]/gu, encodeURIComponent);
  });
  return missing ? undefined : url;
};

/** Errors: `usage` for an `instanceHealth` that could never be filled. */
export const checkHealthTemplate = (template: string | undefined): void => {
  if (template !== undefined && !template.includes('{{'))
    throw new RunbookError('usage', `instanceHealth (${template}) is the same URL for every instance`, {
      next: ['put {{instance}} into it, or a field that the instances command prints, such as {{url}}'],
    });
};
