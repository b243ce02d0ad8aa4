import * as z from 'zod/mini';
import { formatDuration } from '../../words/ages.ts';
import type { DataFinding } from '../../engine/finding.ts';
import type { Context } from '../../engine/procedure/context.ts';
import type { CheckSpec } from '../../engine/procedure/specs.ts';
import type { Filled } from '../../engine/procedure/step.ts';
import type { LogSource } from '../../providers/logs/port.ts';
import type { Instances } from '../instances.ts';
import { readIfSeen } from '../read-if-seen.ts';

const shownErrors = 20;

const Began = z.object({ at: z.string() });
type Began = z.output<typeof Began>;

/**
 * When the restart began, where the look before it could not see. A step of its own: it cannot fail, and a resumed session has the time
 * from before its first intent.
 */
export const beganAfter = (before: Filled<Instances>): CheckSpec<unknown, unknown, Began> => ({
  data: Began,
  when: ({ seen }) => {
    const finding = seen(before);
    return finding !== undefined && finding.data === undefined;
  },
  look: ({ clock }) => {
    const at = clock.now().toISOString();
    return { verdict: 'ok', summary: at, data: { at } };
  },
});

/** Null where they cannot be seen. */
const Errors = z.nullable(
  z.object({
    total: z.number(),
    entries: z.array(z.object({ time: z.string(), level: z.string(), message: z.string(), source: z.string() })),
  }),
);
type Errors = z.output<typeof Errors>;

interface HasLogs {
  readonly logs: () => Promise<LogSource | undefined>;
}

/**
 * Errors since the restart. They are a warning: whether they come from the restart is for the engineer to judge. A restart that went
 * well does not fail because the logs cannot be read.
 */
export const errorsSince = (
  before: Filled<Instances>,
  began: Filled<Began>,
): Pick<CheckSpec<unknown, HasLogs, Errors>, 'tolerant' | 'data' | 'look'> => ({
  tolerant: true,
  data: Errors,
  look: (context) => findErrors(context, new Date((readIfSeen(context, before) ?? context.read(began)).at)),
});

const findErrors = async (
  { ports, signal }: Pick<Context<unknown, HasLogs>, 'ports' | 'signal'>,
  since: Date,
): Promise<DataFinding<Errors>> => {
  const logs = await ports.logs();
  if (!logs)
    return {
      verdict: 'unknown',
      summary: 'no log source is configured, so errors since the restart cannot be seen',
      data: null,
    };
  const { entries, total, incomplete } = await logs.errors({ since, limit: shownErrors }, signal);
  const reservation = incomplete === undefined ? '' : ` (incomplete: ${incomplete})`;
  const data = { total, entries: entries.map((entry) => ({ ...entry })) };
  if (total === 0)
    return incomplete === undefined
      ? { verdict: 'ok', summary: 'no errors in the logs since the restart', data }
      : { verdict: 'unknown', summary: `no errors seen in the logs since the restart${reservation}`, data };
  return {
    verdict: 'warn',
    summary: `${total} errors in the logs since the restart${reservation}`,
    evidence: {
      columns: [{ title: 'time' }, { title: 'source' }, { title: 'level' }, { title: 'message' }],
      rows: entries.map((entry) => [entry.time, entry.source, entry.level, entry.message]),
    },
    data,
  };
};

/** "Rolling restart done in 3 min 12 s (expected: 4 min)." */
export const expectedTime = (what: string, ms: number, expectedMinutes: number | undefined): string => {
  const expected = expectedMinutes === undefined ? '' : ` (expected: ${formatDuration(expectedMinutes * 60_000)})`;
  return `${what} done in ${formatDuration(ms)}${expected}.`;
};
