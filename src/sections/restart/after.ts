import { formatDuration } from '../../engine/duration.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Finding } from '../../engine/finding.ts';
import type { LogExcerpt, LogSource } from '../../providers/logs/port.ts';

const shownErrors = 20;

/** When the restart began: the time of the look at the instances before it. */
export const startOf = (before: Finding | undefined): Date => {
  const data = before?.data;
  const at = data !== null && typeof data === 'object' && 'at' in data ? data['at'] : undefined;
  return typeof at === 'string' ? new Date(at) : new Date(0);
};

/**
 * Errors since the restart. They are a warning: whether they come from the restart is for the engineer to judge. Logs that
 * cannot be read do not make a restart fail that went well.
 */
export const errorsSince = async (logs: LogSource | undefined, since: Date, signal: AbortSignal): Promise<Finding> => {
  if (!logs)
    return { verdict: 'unknown', summary: 'no log source is configured, so errors since the restart cannot be seen' };
  let found: LogExcerpt;
  try {
    found = await logs.errors({ since, limit: shownErrors }, signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof RunbookError) || error.kind !== 'unreachable') throw error;
    return { verdict: 'unknown', summary: `cannot see: ${error.message}` };
  }
  const { entries, total, incomplete } = found;
  const reservation = incomplete === undefined ? '' : ` (incomplete: ${incomplete})`;
  if (total === 0)
    return incomplete === undefined
      ? { verdict: 'ok', summary: 'no errors in the logs since the restart' }
      : { verdict: 'unknown', summary: `no errors seen in the logs since the restart${reservation}` };
  return {
    verdict: 'warn',
    summary: `${total} errors in the logs since the restart${reservation}`,
    evidence: {
      columns: [{ title: 'time' }, { title: 'source' }, { title: 'level' }, { title: 'message' }],
      rows: entries.map((entry) => [entry.time, entry.source, entry.level, entry.message]),
    },
    data: { total, entries: entries.map((entry) => ({ ...entry })) },
  };
};

/** "Rolling restart done in 3 min 12 s (expected: 4 min)." */
export const expectedTime = (what: string, ms: number, expectedMinutes: number | undefined): string => {
  const expected = expectedMinutes === undefined ? '' : ` (expected: ${formatDuration(expectedMinutes * 60_000)})`;
  return `${what} done in ${formatDuration(ms)}${expected}.`;
};
