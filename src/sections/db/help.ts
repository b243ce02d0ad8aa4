import type { Help } from '../section.ts';
import { blockingLimits } from './blocking/blocking-judgement.ts';
import { bloatLimits } from './storage/bloat-judgement.ts';
import { connectionLimits } from './activity/connections-judgement.ts';
import { indexLimits } from './storage/indexes-judgement.ts';
import { replicationLimits } from './replication/replication-judgement.ts';
import { runningLimits } from './activity/running-judgement.ts';
import { sizeLimits } from './storage/size-judgement.ts';
import { slotLimits } from './replication/slots-judgement.ts';
import { slowLimits } from './activity/slow-judgement.ts';
import { age } from '../../words/ages.ts';
import { bytes } from '../../words/bytes.ts';
import { grouped, percent } from '../../words/counts.ts';
import { vacuumLimits } from './vacuum/vacuum-judgement.ts';
import { walLimits } from './replication/wal-judgement.ts';

// A threshold is never written twice: it comes from the judgement.

const lines = (...all: readonly string[]): string => all.join('\n');
const samples = (...all: readonly string[]): string => `Examples:\n${all.map((line) => `  ${line}\n`).join('')}`;

export const help = {
  'db connections': {
    description: lines(
      'Client connections by state, application, user and database, and their share of max_connections.',
      '',
      `Warns from ${percent(connectionLimits.warnShare)} of the slots that an ordinary role can have (or of a lower limit of a role or of the database), critical from ${percent(connectionLimits.criticalShare)}; warns of a transaction that is open and idle for longer than idleMinutes.`,
      '',
      'Why not the query of the runbook: it also counts background processes, and to a role without pg_monitor it shows the sessions of others without a state. Here they are "cannot see", never "0 idle".',
    ),
    examples: samples('rb db connections', 'rb db connections --watch 5', 'rb db connections --on replica-1 -o json'),
  },
  'db kill-idle': {
    description: lines(
      'Ends client sessions that are idle for longer than --older-than. Tier 2; tier 3 where a transaction is open and would be rolled back, and where a session holds what ends with it: advisory locks, temporary tables of this database (16 and later), LISTEN or a cursor WITH HOLD as its last statement. What else a session has prepared or set cannot be seen from outside.',
      '',
      'Each is ended only if it is the same session (pid and start) and has done nothing since it was looked at. Left alone, with the reason: sessions of rb, superusers (unless rb is one), walsenders, what neverTerminate of the configuration names, what the role may not end. The filters compare whole names.',
      '',
      "Why not the query of the runbook: it also ends walsenders' and other databases' sessions, and one row that belongs to a superuser makes it fail as a whole. Here each session is a statement of its own.",
    ),
    examples: samples(
      'rb db kill-idle --dry-run',
      'rb db kill-idle --older-than 10m --application reports --yes',
      'rb db kill-idle --user app --include-idle-in-transaction',
    ),
  },
  'db running': {
    description: lines(
      'Sessions that work on a statement, or hold a transaction open, for --older-than or longer; the oldest first.',
      '',
      `Warns from longRunningMinutes of the configuration (1 unless said otherwise), critical from ${runningLimits.criticalTimes} times that. The work of autovacuum is shown and not judged.`,
      '',
      'Why not the query of the runbook: pg_stat_activity has no column `duration`, so it fails; and a session that is idle in a transaction, which holds its locks, has no statement that runs.',
    ),
    examples: samples('rb db running', 'rb db running --older-than 10s --watch 2', 'rb db running --on replica-1'),
  },
  'db replication': {
    description: lines(
      'The receivers of the primary, what each configured replica says of itself, and the replication slots. A replica that cannot be reached is unknown.',
      '',
      `Warns from ${age(replicationLimits.warn.lagMs)} or ${bytes(replicationLimits.warn.behindBytes)} behind, critical from ${age(replicationLimits.critical.lagMs)} or ${bytes(replicationLimits.critical.behindBytes)}, without a WAL receiver, where commits wait for replicas that are not there (synchronous_standby_names), or for a replica of another cluster. A slot: warns where nobody uses it or it keeps ${bytes(slotLimits.warnRetainedBytes)}, critical where it has lost WAL or keeps ${bytes(slotLimits.criticalRetainedBytes)} for nobody.`,
      '',
      'Why not the query of the runbook: the time since the last replayed transaction grows for ever while the primary is idle. Its usual mend, "received = replayed means 0", says 0 on a replica that is cut off. Here the lag is 0 only while it streams and has replayed everything.',
    ),
    examples: samples('rb db replication', 'rb db replication --watch 5', 'rb db replication -o json'),
  },
  'db slow': {
    description: lines(
      'The statements of this database by execution time, with calls, mean, maximum and share of the total. --reset forgets the statistics of all databases (tier 1).',
      '',
      `Warns of a statement that takes ${age(slowLimits.warnMeanMs)} on average and ${percent(slowLimits.leastShare)} of the time or more; critical from ${age(slowLimits.criticalMeanMs)}.`,
      '',
      'Why not the query of the runbook: sorted by the mean alone, a report that runs once hides the statement that runs a million times; and before PostgreSQL 13 its columns have other names.',
    ),
    examples: samples('rb db slow', 'rb db slow --by mean --limit 50', 'rb db slow --reset'),
  },
  'db indexes': {
    description: lines(
      `Tables of ${bytes(indexLimits.tableBytes)} or more (--min-size) that are read from end to end, also those without any index, ranked by rows read x size; indexes that nobody uses, that are invalid, or that do the same as another.`,
      '',
      `Warns of each kind, never critical. A table is called missing an index from ${indexLimits.leastScans} reads from end to end that are ${percent(indexLimits.leastScanShare)} of its scans: fewer are a dump or a report. Statistics younger than ${age(indexLimits.leastStatisticsMs)}, and replicas, which count for themselves, make "unused" doubtful: then it is shown and not judged.`,
      '',
      'Why not sequential scans alone: a small table is best read from end to end, and one without any index has no index scans to compare with.',
    ),
    examples: samples('rb db indexes', 'rb db indexes --limit 50 -o json', 'rb db indexes --min-size 0'),
  },
  'db blocking': {
    description: lines(
      'A tree of those who wait for locks, the root first: who makes most others wait. Prepared transactions, which block without a process, stand in it by their name.',
      '',
      'With --resolve: cancels the statement of the root (tier 2). A root that is idle in a transaction has nothing to cancel: ending it is offered (tier 3). For a prepared transaction ROLLBACK PREPARED is offered (tier 3).',
      '',
      `Warns when somebody waits for ${age(blockingLimits.warnWaitedMs)} or a prepared transaction is older than ${age(blockingLimits.warnPreparedMs)}; critical from ${age(blockingLimits.criticalWaitedMs)} or ${blockingLimits.criticalWaiting} that wait.`,
      '',
      'Why not the query of the runbook: it shows pairs, not the root; and a prepared transaction blocks as pid 0, which joins with no session, so the worst blocker is not in it.',
    ),
    examples: samples('rb db blocking', 'rb db blocking --watch 2', 'rb db blocking --resolve'),
  },
  'db size': {
    description: lines(
      'The size of the database, of its largest tables with their indexes and TOAST, of the WAL directory and of temporary files.',
      '',
      `Warns of temporary files of ${bytes(sizeLimits.warnTemporaryBytes)} at this moment, critical from ${bytes(sizeLimits.criticalTemporaryBytes)}. How large a database may be only its disk knows.`,
      '',
      'Why not pg_database_size alone: it says how much, not what of. And to measure every table waits behind whoever has one locked: here the largest are measured, and none that is locked.',
    ),
    examples: samples('rb db size', 'rb db size --limit 50', 'rb db size -o json'),
  },
  'db bloat': {
    description: lines(
      'An estimate for the largest tables and their B-tree indexes, from page counts and column statistics: as good as the last ANALYZE. Without column statistics it is N/A, never 0.',
      '',
      `Warns from ${percent(bloatLimits.warn.share)} and ${bytes(bloatLimits.warn.bytes)} wasted, critical from ${percent(bloatLimits.critical.share)} and ${bytes(bloatLimits.critical.bytes)}.`,
      '',
      'VACUUM makes the space usable again, it does not give it back to the disk. VACUUM FULL does, and locks everybody out meanwhile: rb does not offer it.',
    ),
    examples: samples('rb db bloat', 'rb db bloat --limit 50 -o json'),
  },
  'db wal': {
    description: lines(
      'The size of pg_wal against what the settings let one expect, replication slots, archiving, the last checkpoint.',
      '',
      `Warns from ${walLimits.warnTimes} times the larger of max_wal_size and wal_keep_size, critical from ${walLimits.criticalTimes} times; warns where archiving fails, is on without a command, or ${walLimits.warnWaitingFiles} files wait, critical from ${walLimits.criticalWaitingFiles}. Slots as in rb db replication.`,
      '',
      'Why not the size of the directory alone: it does not say what keeps the files, and nothing is freed before that is known.',
    ),
    examples: samples('rb db wal', 'rb db wal --watch 10'),
  },
  'db vacuum': {
    description: lines(
      'VACUUM of a table, with ANALYZE unless --no-analyze (tier 1; tier 2 from 10 GB: it reads all of it). Shows how far it is, the dead rows before and after, and who keeps those that stay. The name is as SQL has it (orders, sales."Orders") or written out exactly.',
      '',
      `With --status: dead rows, last VACUUM, wraparound. Warns of a table with ${vacuumLimits.warnDeadTimes} times the dead rows that bring autovacuum (and ${grouped(vacuumLimits.leastDeadRows)} or more), where autovacuum is off, and from ${percent(vacuumLimits.warnAgeShare)} of the way to wraparound; critical from ${percent(vacuumLimits.criticalAgeShare)}.`,
      '',
      'Why not the statement of the runbook: for a table that one does not own VACUUM only warns, and says that it succeeded. Here that is refused.',
    ),
    examples: samples('rb db vacuum --status', 'rb db vacuum orders', 'rb db vacuum sales."Orders" --no-analyze --yes'),
  },
  'db cancel': {
    description: lines(
      'Cancels the statement that a session runs (tier 2). Where that does not work, ending the session is offered: a step of its own, with a confirmation of its own (tier 3; in a script --answer then=terminate and --confirm).',
      '',
      'Only the same session (pid and start) is cancelled, and only while it runs the statement that was shown.',
      '',
      'Why not pg_cancel_backend by hand: a pid is given out again, and its "true" says that the signal was sent, not that it worked.',
    ),
    examples: samples('rb db cancel 4711', 'rb db cancel 4711 --dry-run', 'rb db cancel 4711 --yes --reason OPS-42'),
  },
  'db terminate': {
    description: lines(
      'Ends a session (tier 3). rb db cancel is gentler, and offers this where it does not work. What neverTerminate of the configuration names is refused, and so is a session of rb.',
      '',
      'Why not pg_terminate_backend by hand: a pid is given out again, and its "true" says that the signal was sent. Here it is looked whether the session is gone.',
    ),
    examples: samples(
      'rb db terminate 4711 --dry-run',
      'rb db terminate 4711',
      'rb db terminate 4711 --confirm checkout/production',
    ),
  },
} satisfies Record<string, Help>;
