import * as z from 'zod/mini';
import { RunbookError } from '../../../engine/errors.ts';
import type { AnyFinding } from '../../../engine/finding.ts';
import type { Context } from '../../../engine/procedure/context.ts';
import { procedure } from '../../ports.ts';
import type { Has } from '../../ports.ts';
import { nullableNumber } from '../reading/data.ts';
import { onServer, placeOf, serverOf } from '../reading/server.ts';
import type { OnServer } from '../reading/server.ts';
import { age } from '../../../words/ages.ts';
import { counted } from '../../../words/counts.ts';

/**
 * Forgets what pg_stat_statements has counted, so that what comes after a change can be told from what was before. Each server
 * counts for itself: a replica has statistics of its own, and they can be reset there.
 */
export const slowReset = procedure({
  id: 'db.slow.reset',
  section: '3.3',
  title: 'Reset of the statement statistics',
  purpose: 'You want to measure statements from now on, for example after a change.',
  needs: { database: 'required' },
  input: z.object(onServer),
  steps: ({ action }) => {
    const reset = action('reset', 'Reset the statement statistics', {
      tier: 'mild',
      change: z.object({ at: z.string(), sinceMs: nullableNumber }),
      plan: async (context) => {
        const view = await statementsOf(context);
        if (!view.available)
          throw new RunbookError('refused', `There are no statement statistics (${view.reason}).`, {
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
      apply: async (context) => (await serverOf(context)).resetStatements(context),
      verify: async (context, change, answer) => {
        const { at, sinceMs } = change.data;
        // What the server has answered is done, whether or not it can be looked at.
        const view = await statementsOf(context).catch((error: unknown) => {
          if (answer === undefined || context.signal.aborted) throw error;
          return undefined;
        });
        const now = view?.available ? view.sinceMs : null;
        return judgeReset(answer !== undefined, sinceMs, now, context.clock.now().getTime() - Date.parse(at));
      },
    });
    return {
      steps: [reset],
      summary: () => 'The statistics of all statements are reset. rb db slow shows what comes from now on.',
      afterFailure: () => ['rb db slow'],
    };
  },
});

const statementsOf = async (context: Context<OnServer, Has<'database'>>) =>
  (await serverOf(context)).statements({ orderBy: 'total', limit: 1 }, context);

/** By the age of the statistics: where they are as old as the plan at most, somebody has reset them since. */
export const judgeReset = (
  answered: boolean,
  beforeMs: number | null,
  nowMs: number | null,
  sincePlanMs: number,
): AnyFinding => {
  if (answered || (nowMs !== null && nowMs <= sincePlanMs))
    return { verdict: 'ok', summary: 'reset', data: { sinceMs: nowMs } };
  if (nowMs === null || beforeMs === null)
    return { verdict: 'unknown', summary: 'this version of pg_stat_statements does not tell when it was reset' };
  return { verdict: 'critical', summary: `the statistics are of ${age(nowMs)}: they were not reset` };
};
