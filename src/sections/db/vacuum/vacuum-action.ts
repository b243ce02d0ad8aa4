import * as z from 'zod/mini';
import { messageOf, onOneLine, RunbookError } from '../../../engine/errors.ts';
import type { AnyFinding } from '../../../engine/finding.ts';
import { poll } from '../../../engine/poll.ts';
import type { Context } from '../../../engine/procedure/context.ts';
import type { ActionSpec } from '../../../engine/procedure/specs.ts';
import type {
  DatabaseTable,
  Server,
  TableRows,
  VacuumOutcome,
  VacuumProgress,
} from '../../../providers/database/port.ts';
import { quotedName } from '../../../providers/database/port.ts';
import type { Has } from '../../ports.ts';
import { placeOf } from '../reading/server.ts';
import { TableData } from './table-data.ts';
import { age } from '../../../words/ages.ts';
import { bytes } from '../../../words/bytes.ts';
import { counted, grouped } from '../../../words/counts.ts';
import { judgeVacuumed } from './vacuumed-judgement.ts';

interface Input {
  readonly table: string;
  readonly analyze: boolean;
}
type VacuumContext = Context<Input, Has<'database'>>;

const Planned = z.object({ table: TableData, analyze: z.boolean() });
type Planned = z.output<typeof Planned>;

/** From here on the reading alone is felt by others. */
const largeBytes = 10 * 1024 ** 3;
const lookEveryMs = 1000;
/** PGSTAT_STAT_INTERVAL of those servers, and a little. */
const statisticsAgeMs = 600;
const patienceMs = 2000;

export const vacuuming: ActionSpec<Input, Has<'database'>, Planned, VacuumOutcome> = {
  tier: 'mild',
  change: Planned,
  plan: async (context) => {
    const { ports, input } = context;
    const { server, table } = await (await ports.database()).table(input.table, context);
    refuse(table, server);
    const { rows } = table;
    return {
      summary: `vacuum ${input.analyze ? 'and analyze ' : ''}${table.name} of ${placeOf(server)}`,
      target: { ...server.target, table: table.name },
      blastRadius: [
        `reads ${bytes(table.bytes)}${table.kind === 'table' ? '' : ` (a ${table.kind})`}; readers and writers go on, changes of the table's definition wait`,
        `${grouped(rows.dead)} dead rows beside ${grouped(rows.live)} live ones; last vacuumed ${lastVacuum(rows)}`,
      ],
      equivalent: [`VACUUM${input.analyze ? ' (ANALYZE)' : ''} ${table.name};`],
      undo: 'none needed: no data changes; Ctrl-C twice cancels it, and what was cleaned stays clean',
      raises: table.bytes >= largeBytes ? [`it reads ${bytes(table.bytes)}`] : [],
      basis: { oid: table.oid, table: table.name, owner: table.owner },
      data: { table, analyze: input.analyze },
    };
  },
  apply: async (context, change) => {
    const { table, analyze } = change.data;
    const database = await context.ports.database();
    let phase: string | null = null;
    let unseen = false;
    return database.vacuum(table, { analyze }, context, (progress) => {
      if ('unseen' in progress) {
        context.report({ status: 'how far it is cannot be seen' });
        if (!unseen)
          context.report({ note: `how far it is cannot be seen, its end is waited for: ${progress.unseen}` });
        unseen = true;
        return;
      }
      unseen = false;
      context.report(statusOf(progress));
      if (progress.phase !== null && progress.phase !== phase) context.report({ note: progress.phase });
      phase = progress.phase;
    });
  },
  verify: (context, change, outcome) => verify(context, change.data, outcome),
};

const refuse = (table: DatabaseTable, server: Server): void => {
  if (server.role === 'replica')
    throw new RunbookError(
      'refused',
      `${server.address} is a replica: VACUUM runs on the primary and comes from there.`,
      { next: ['name the primary in database.url'] },
    );
  if (table.mayVacuum) return;
  const grant =
    Number.parseInt(server.version, 10) >= 17
      ? `as its owner (${onOneLine(table.owner)}): GRANT MAINTAIN ON ${table.name} TO ${quotedName(server.user)}`
      : `connect as its owner, or: GRANT ${quotedName(table.owner)} TO ${quotedName(server.user)}`;
  throw new RunbookError(
    'refused',
    `${onOneLine(table.name)} belongs to "${onOneLine(table.owner)}": the server would only warn "${server.user}", and do nothing.`,
    { next: [grant] },
  );
};

const lastVacuum = ({ lastVacuumMs, lastAutovacuumMs }: TableRows): string => {
  const all = [lastVacuumMs, lastAutovacuumMs].filter((ms) => ms !== null);
  return all.length === 0 ? 'never' : `${age(Math.min(...all))} ago`;
};

const statusOf = ({ phase, share, scannedBytes, totalBytes, indexPasses, runsMs }: VacuumProgress) => ({
  status: [
    phase ?? 'at work',
    ...(scannedBytes === null || totalBytes === null ? [] : [`${bytes(scannedBytes)} of ${bytes(totalBytes)}`]),
    ...(indexPasses ? [counted(indexPasses, 'pass', 'passes').concat(' over the indexes')] : []),
    ...(runsMs === null ? [] : [age(runsMs)]),
  ].join(', '),
  ...(share === null ? {} : { share }),
});

/** After an interruption the server may still be at it: it does not notice at once that the connection is gone. */
const verify = async (
  context: VacuumContext,
  planned: Planned,
  outcome: VacuumOutcome | undefined,
): Promise<AnyFinding> => {
  if (!outcome) await untilNotRunning(context, planned.table.oid);
  const after = await orUnseen(context, outcome, () => rowsAfter(context, planned.table));
  const stays = after !== undefined && after.dead > 0;
  const holders = stays
    ? await orUnseen(context, outcome, async () => (await context.ports.database()).xminHolders(context))
    : undefined;
  return judgeVacuumed(planned, after, holders?.holders ?? [], outcome);
};

/** What the server has answered is done: a look that fails afterwards takes nothing of it back. */
const orUnseen = async <Seen>(
  { signal, report }: VacuumContext,
  outcome: VacuumOutcome | undefined,
  look: () => Promise<Seen>,
): Promise<Seen | undefined> => {
  try {
    return await look();
  } catch (error) {
    if (!outcome || signal.aborted || !(error instanceof RunbookError)) throw error;
    report({ note: `what became of the dead rows cannot be seen: ${messageOf(error)}` });
    return undefined;
  }
};

/** Up to version 14 the server's statistics may be half a second old: looks again until this VACUUM is counted. */
const rowsAfter = async (context: VacuumContext, table: DatabaseTable): Promise<TableRows | undefined> => {
  const { ports, clock, signal } = context;
  const database = await ports.database();
  const look = async () => {
    const { tables } = await database.vacuumStatus({ limit: 1, tableOid: table.oid }, context);
    return { rows: tables[0]?.rows };
  };
  const counted = await poll({ everyMs: statisticsAgeMs, forMs: patienceMs, clock, signal }, async () => {
    const seen = await look();
    const isCounted =
      seen.rows === undefined || table.kind === 'partitioned table' || seen.rows.vacuums > table.rows.vacuums;
    return isCounted ? seen : undefined;
  });
  return (counted ?? (await look())).rows;
};

const untilNotRunning = async (context: VacuumContext, oid: number): Promise<void> => {
  const { ports, clock, signal, report } = context;
  const database = await ports.database();
  await poll({ everyMs: lookEveryMs, forMs: Number.POSITIVE_INFINITY, clock, signal }, async () => {
    const { running } = await database.vacuumProgress(context);
    const own = running.find(({ tableOid, autovacuum }) => tableOid === oid && !autovacuum);
    if (!own) return true;
    report(statusOf(own));
    return undefined;
  });
};
