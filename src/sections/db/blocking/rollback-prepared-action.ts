import * as z from 'zod/mini';
import { RunbookError } from '../../../engine/errors.ts';
import type { Reads } from '../../../engine/procedure/context.ts';
import type { ActionSpec } from '../../../engine/procedure/specs.ts';
import type { Database } from '../../../providers/database/port.ts';
import type { Has } from '../../ports.ts';
import { placeOf, serverOf } from '../reading/server.ts';
import type { OnServer } from '../reading/server.ts';
import { age } from '../../../words/ages.ts';
import { counted } from '../../../words/counts.ts';

/** A name alone may be given again. */
const Key = z.object({ gid: z.string(), transaction: z.string() });
type Key = z.output<typeof Key>;
type Receipt = Awaited<ReturnType<Database['rollbackPrepared']>>;

const isThat =
  ({ gid, transaction }: Key) =>
  (one: Key): boolean =>
    one.gid === gid && one.transaction === transaction;

const quoted = (gid: string): string => `'${gid.replaceAll("'", "''")}'`;

/** ROLLBACK PREPARED of a transaction that a transaction manager has forgotten. */
export const rollingBack = (chosen: (reads: Reads) => Key): ActionSpec<OnServer, Has<'database'>, Key, Receipt> => ({
  tier: 'destructive',
  change: Key,
  plan: async (context) => {
    const { gid, transaction } = chosen(context);
    const { server, prepared } = await (await serverOf(context)).blocking(context);
    const now = prepared.find(isThat({ gid, transaction }));
    if (!now) throw refusal(gid, 'is not there any more', ['rb db blocking']);
    if (!now.mayRollBack)
      throw refusal(
        gid,
        `of ${now.owner} in the database "${now.database}" may not be rolled back by "${server.user}"`,
        [`as ${now.owner}, in the database "${now.database}": ROLLBACK PREPARED ${quoted(gid)}`],
      );
    return {
      summary: `roll back the prepared transaction "${gid}" on ${placeOf(server)}`,
      target: server.target,
      blastRadius: [
        `the transaction "${gid}" of ${now.owner}, prepared ${age(now.ageMs)} ago: all that it has written is lost`,
        `${counted(now.blocks.length, 'session')} wait for it directly`,
        'whoever prepared it (a transaction manager) may believe that it can still be committed',
      ],
      equivalent: [`ROLLBACK PREPARED ${quoted(gid)};`],
      undo: 'none. COMMIT PREPARED is the other way to end it: ask who prepared it',
      basis: { gid, transaction, owner: now.owner, database: now.database },
      data: { gid, transaction },
    };
  },
  apply: async (context, change) => (await serverOf(context)).rollbackPrepared(change.data, context),
  verify: async (context, change, answer) => {
    const { gid } = change.data;
    const { prepared, unavailable } = await (await serverOf(context)).blocking(context);
    const still = prepared.some(isThat(change.data));
    const data = { outcome: answer?.outcome ?? null, stillThere: still };
    if (still)
      return {
        verdict: 'critical',
        summary: `"${gid}" is still there${answer?.reason ? `: ${answer.reason}` : ''}`,
        data,
      };
    if (unavailable.length > 0 && answer === undefined)
      return { verdict: 'unknown', summary: `whether "${gid}" is still there cannot be seen`, data };
    return {
      verdict: 'ok',
      summary: answer?.outcome === 'gone' ? `"${gid}" was gone already` : `"${gid}" is rolled back`,
      data,
    };
  },
});

const refusal = (gid: string, why: string, next: readonly string[]): RunbookError =>
  new RunbookError('refused', `The prepared transaction "${gid}" ${why}.`, { next });
