import type { Change } from '../../engine/change.ts';
import { onOneLine, RunbookError } from '../../engine/errors.ts';
import type { Finding } from '../../engine/finding.ts';
import type { ActionSpec, Context } from '../../engine/procedure.ts';
import type { DatabaseTable, Server, TableRows, VacuumOutcome, VacuumProgress } from '../../providers/database/port.ts';
import { quotedName } from '../../providers/database/port.ts';
import type { DatabasePorts } from './one-session.ts';
import { placeOf } from './server.ts';
import { age, bytes, counted, grouped } from './units.ts';
import { judgeVacuumed } from './vacuumed-judgement.ts';

interface Input {
  readonly table: string;
  readonly analyze: boolean;
}
type VacuumContext = Context<Input, DatabasePorts>;

interface Planned {
  readonly table: DatabaseTable;
  readonly analyze: boolean;
}

/** From here on the reading alone is felt by others. */
const largeBytes = 10 * 1024 ** 3;
const lookEveryMs = 1000;
/** PGSTAT_STAT_INTERVAL of those servers, and a little. */
const statisticsAgeMs = 600;
const mostLooks = 4;

export const vacuuming: ActionSpec<Input, DatabasePorts> = {
  tier: 'mild',
  plan: async (context) => {
    const { database, input } = context;
    const { server, table } = await database.table(input.table, context);
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
      data: { table: { ...table, rows: { ...rows } }, analyze: input.analyze },
    };
  },
  apply: async (context, change) => {
    const { table, analyze } = plannedIn(change);
    let phase: string | null = null;
    let unseen = false;
    return context.database.vacuum(table, { analyze }, context, (progress) => {
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
  verify: (context, change, told) => verify(context, plannedIn(change), told as VacuumOutcome | undefined),
};

const plannedIn = (change: Change): Planned => change.data as unknown as Planned;

const refuse = (table: DatabaseTable, server: Server): void => {
  if (server.role === 'replica')
    throw new RunbookError(
      'refused',
      `${server.address} is a replica: VACUUM runs on the primary and comes from there. Nothing was done.`,
      { next: ['name the primary in database.url'] },
    );
  if (table.mayVacuum) return;
  const grant =
    Number.parseInt(server.version, 10) >= 17
      ? `as its owner (${onOneLine(table.owner)}): GRANT MAINTAIN ON ${table.name} TO ${quotedName(server.user)}`
      : `connect as its owner, or: GRANT ${quotedName(table.owner)} TO ${quotedName(server.user)}`;
  throw new RunbookError(
    'refused',
    `${onOneLine(table.name)} belongs to "${onOneLine(table.owner)}": the server would only warn "${server.user}", and do nothing. Nothing was done.`,
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

/** After an interruption the server may still be at it: it does not notice at once that nobody waits for the answer. */
const verify = async (
  context: VacuumContext,
  planned: Planned,
  outcome: VacuumOutcome | undefined,
): Promise<Finding> => {
  const { database } = context;
  if (!outcome) await untilNotRunning(context, planned.table.oid);
  const after = await rowsAfter(context, planned.table);
  const stays = (after?.dead ?? 0) > 0;
  const holders = stays ? (await database.xminHolders(context)).holders : [];
  return judgeVacuumed(planned, after, holders, outcome);
};

/** Up to version 14 the server's statistics may be half a second old: it is looked again until this VACUUM is counted, for a while. */
const rowsAfter = async (context: VacuumContext, table: DatabaseTable): Promise<TableRows | undefined> => {
  for (let looks = 1; ; looks += 1) {
    // oxlint-disable-next-line no-await-in-loop -- a look after another
    const { tables } = await context.database.vacuumStatus({ limit: 1, tableOid: table.oid }, context);
    const rows = tables[0]?.rows;
    const isCounted = rows === undefined || table.kind === 'partitioned table' || rows.vacuums > table.rows.vacuums;
    if (isCounted || looks === mostLooks) return rows;
    // oxlint-disable-next-line no-await-in-loop
    await context.clock.sleep(statisticsAgeMs, context.signal);
  }
};

const untilNotRunning = async (context: VacuumContext, oid: number): Promise<void> => {
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- a look after another
    const { running } = await context.database.vacuumProgress(context);
    const own = running.find(({ tableOid, autovacuum }) => tableOid === oid && !autovacuum);
    if (!own) return;
    context.report(statusOf(own));
    // oxlint-disable-next-line no-await-in-loop
    await context.clock.sleep(lookEveryMs, context.signal);
  }
};
