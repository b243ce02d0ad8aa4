import { RunbookError } from '../../../engine/errors.ts';
import type { JudgedRow, Unseen } from '../../../engine/judgement.ts';
import type { Database, Server, VacuumStatus, XminHolder } from '../../../providers/database/port.ts';
import { unseenBecause, unseenParts } from '../reading/server.ts';
import type { DatabaseContext } from '../reading/server.ts';
import { counted, grouped } from '../../../words/counts.ts';
import { ageShare, judgeHolder, vacuumLimits } from './vacuum-judgement.ts';

/** Who keeps everything old, where it is old; or why that cannot be seen. */
export const holdersOf = async (
  server: Database,
  { wraparound }: VacuumStatus,
  context: DatabaseContext,
): Promise<Holding> => {
  if (ageShare(wraparound, wraparound.stopsAt) < vacuumLimits.warnAgeShare)
    return { holders: [], unseen: 0, unavailable: [] };
  try {
    return await server.xminHolders(context);
  } catch (error) {
    if (context.signal.aborted || !(error instanceof RunbookError)) throw error;
    return { holders: null, why: error.message.replace(/\.$/, '') };
  }
};

export type Holding =
  | Pick<Awaited<ReturnType<Database['xminHolders']>>, 'holders' | 'unseen' | 'unavailable'>
  | { readonly holders: null; readonly why: string };

export const unseenHolders = (holding: Holding, server: Server): readonly Unseen[] => {
  const what = 'what keeps old transactions from being cleaned up';
  if (holding.holders === null) return [{ what, why: holding.why }];
  return [
    ...unseenParts(holding).map((one) => ({ ...one, what: `whether ${one.what} are ${what}` })),
    ...(holding.unseen > 0
      ? [{ what: `whether ${counted(holding.unseen, 'session')} are ${what}`, ...unseenBecause(server) }]
      : []),
  ];
};

/** It belongs in the table of `rb db vacuum --status`. */
export const holderRow = (one: XminHolder, stopsAt: number): JudgedRow => ({
  name: `the ${one.kind} ${one.name}`,
  cells: [`▸ ${one.kind} ${one.name}`, null, null, null, one.detail, null, grouped(one.xminAge), null],
  marks: 6,
  judgement: judgeHolder(one, stopsAt),
});
