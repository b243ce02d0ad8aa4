import { connectionLimits } from './connections-judgement.ts';
import { percent } from './units.ts';

/** What the help says about a command. A threshold is never written twice: it comes from the judgement. */
export interface Help {
  readonly summary: string;
  readonly description: string;
  readonly examples: string;
}

export const examples = `Examples:
  rb db connections                    by state, application, user; how many are left
  rb db running --watch 2              long queries, every two seconds
  rb db kill-idle --dry-run            whom would it end?
  rb db kill-idle --older-than 10m --application reports
  rb db blocking                       who waits for whom, from the root
  rb db vacuum orders                  VACUUM (ANALYZE), with progress
`;

const lines = (...all: readonly string[]): string => all.join('\n');
const samples = (...all: readonly string[]): string => `Examples:\n${all.map((line) => `  ${line}\n`).join('')}`;

export const help = {
  connections: {
    summary: 'by state, application, user and database; how many are left',
    description: lines(
      'Client connections by state, application, user and database, and their share of max_connections.',
      '',
      `Warns from ${percent(connectionLimits.warnShare)} of the slots that an ordinary role can have (or of a lower limit of a role or of the database), critical from ${percent(connectionLimits.criticalShare)}; warns of a transaction that is open and idle for longer than idleMinutes.`,
      '',
      'Why not the query of the runbook: it also counts background processes, and to a role without pg_monitor it shows the sessions of others without a state. Here they are "cannot see", never "0 idle".',
    ),
    examples: samples('rb db connections', 'rb db connections --watch 5', 'rb db connections --on replica-1 -o json'),
  },
  'kill-idle': {
    summary: 'end sessions that have done nothing for a while',
    description: lines(
      'Ends client sessions that are idle for longer than --older-than. Tier 2; tier 3 where a transaction is open and would be rolled back.',
      '',
      'Each is ended only if it is the same session (pid and start) and has done nothing since it was looked at. Left alone, and told with the reason: sessions of rb, superusers (unless rb is one), walsenders, what neverTerminate of the configuration names, what the role may not end. The filters compare whole names.',
      '',
      "Why not the query of the runbook: it also ends walsenders' and other databases' sessions, and one row that belongs to a superuser makes it fail as a whole. Here each session is a statement of its own.",
    ),
    examples: samples(
      'rb db kill-idle --dry-run',
      'rb db kill-idle --older-than 10m --application reports --yes',
      'rb db kill-idle --user app --include-idle-in-transaction',
    ),
  },
} satisfies Record<string, Help>;
