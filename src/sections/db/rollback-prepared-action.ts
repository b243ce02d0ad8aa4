import { RunbookError } from '../../engine/errors.ts';
import type { ActionSpec, StepContext } from '../../engine/procedure.ts';
import type { PreparedTransaction } from '../../providers/database/port.ts';
import { serverOf } from './one-session.ts';
import type { DatabasePorts, OnContext } from './one-session.ts';
import { placeOf } from './server.ts';
import { age, counted } from './units.ts';

type Chosen = (findings: StepContext<unknown>['findings']) => PreparedTransaction;

/** A name alone may be given again. */
type Key = Pick<PreparedTransaction, 'gid' | 'transaction'>;

const isThat =
  ({ gid, transaction }: Key) =>
  (one: Key): boolean =>
    one.gid === gid && one.transaction === transaction;

const quoted = (gid: string): string => `'${gid.replaceAll("'", "''")}'`;

/** ROLLBACK PREPARED of a transaction that a transaction manager has forgotten. */
export const rollingBack = (chosen: Chosen): ActionSpec<OnContext['input'], DatabasePorts> => ({
  tier: 'destructive',
  plan: async (context) => {
    const { gid, transaction } = chosen(context.findings);
    const { server, prepared } = await serverOf(context).blocking(context);
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
  apply: async (context, change) => {
    const { outcome, reason } = await serverOf(context).rollbackPrepared(change.data as unknown as Key, context);
    return { outcome, reason };
  },
  verify: async (context, change, told) => {
    const key = change.data as unknown as Key;
    const { gid } = key;
    const answer = told as { readonly outcome: 'done' | 'denied' | 'gone'; readonly reason: string | null } | undefined;
    const { prepared } = await serverOf(context).blocking(context);
    const still = prepared.some(isThat(key));
    const data = { outcome: answer?.outcome ?? null, stillThere: still };
    if (still)
      return {
        verdict: 'critical',
        summary: `"${gid}" is still there${answer?.reason ? `: ${answer.reason}` : ''}`,
        data,
      };
    return {
      verdict: 'ok',
      summary: answer?.outcome === 'gone' ? `"${gid}" was gone already` : `"${gid}" is rolled back`,
      data,
    };
  },
});

const refusal = (gid: string, why: string, next: readonly string[]): RunbookError =>
  new RunbookError('refused', `The prepared transaction "${gid}" ${why}. Nothing was done.`, { next });
