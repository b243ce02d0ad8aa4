import * as z from 'zod/mini';
import type { Finding } from '../../engine/finding.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Context } from '../../engine/procedure.ts';
import { procedure } from '../ports.ts';
import type { Ports } from '../ports.ts';
import { placeOf, serverNamed } from './server.ts';
import { age, counted } from './units.ts';

/**
 * Forgets what pg_stat_statements has counted, so that what comes after a change can be told from what was before. Each server
 * counts for itself: a replica has statistics of its own, and they can be reset there.
 */
export const slowReset = procedure({
  id: 'db.slow.reset',
  section: '3.3',
  title: 'Reset of the statement statistics',
  needs: ['database'],
  input: z.object({ on: z.optional(z.string()) }),
  steps: ({ action }) => [
    action('reset', 'Reset the statement statistics', {
      tier: 'mild',
      plan: async (context) => {
        const view = await statementsOf(context);
        if (!view.available)
          throw new RunbookError('refused', `There are no statement statistics (${view.reason}). Nothing was done.`, {
            next: view.next,
          });
        const { server, total, sinceMs } = view;
        return {
          summary: `forget the statistics of all statements on ${placeOf(server)}`,
          target: server.target,
          blastRadius: [
            `${counted(total.statements, 'statement')} of this database, and those of all others on the server${server.role === 'replica' ? '; the primary and other replicas keep theirs' : ''}`,
            ...(sinceMs === null ? [] : [`collected in ${age(sinceMs)}`]),
          ],
          equivalent: ['SELECT pg_stat_statements_reset();'],
          undo: 'none: save them first where they are needed (rb db slow --limit 500 -o json)',
          basis: { extension: 'pg_stat_statements' },
          data: { at: context.clock.now().toISOString(), sinceMs },
        };
      },
      apply: (context) => serverNamed(context.database, context.input.on).resetStatements(context),
      verify: async (context, change, told) => {
        const { at, sinceMs } = change.data as { readonly at: string; readonly sinceMs: number | null };
        const view = await statementsOf(context);
        const now = view.available ? view.sinceMs : null;
        return judgeReset(told !== undefined, sinceMs, now, context.clock.now().getTime() - Date.parse(at));
      },
    }),
  ],
  summarise: () => 'The statistics of all statements are reset. rb db slow shows what comes from now on.',
  afterFailure: () => ['rb db slow'],
});

type ResetContext = Context<{ readonly on?: string | undefined }, Pick<Ports, 'database'>>;

const statementsOf = (context: ResetContext) =>
  serverNamed(context.database, context.input.on).statements({ orderBy: 'total', limit: 1 }, context);

/** By the age of the statistics: where they are as old as the plan at most, somebody has reset them since. */
export const judgeReset = (
  answered: boolean,
  beforeMs: number | null,
  nowMs: number | null,
  sincePlanMs: number,
): Finding => {
  if (answered || (nowMs !== null && nowMs <= sincePlanMs))
    return { verdict: 'ok', summary: 'reset', data: { sinceMs: nowMs } };
  if (nowMs === null || beforeMs === null)
    return { verdict: 'unknown', summary: 'this version of pg_stat_statements does not tell when it was reset' };
  return { verdict: 'critical', summary: `the statistics are of ${age(nowMs)}: they were not reset` };
};
