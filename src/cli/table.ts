import type { Register } from '../sections/section.ts';

export interface SectionEntry {
  /** The words it adds to the command line, each with its line in the help. */
  readonly commands: Readonly<Record<string, string>>;
  readonly load: () => Promise<{ readonly register: Register }>;
}

/** Every command, in the order of the runbook, with its section. A section is loaded only when one of its commands is typed. */
export const sections: readonly SectionEntry[] = [
  {
    commands: {
      overview: 'the service: addresses, health, dashboards, documents (1)',
      open: 'open a dashboard or a document (1)',
    },
    load: () => import('../sections/overview/command.ts'),
  },
  {
    commands: { restart: 'restart the service, one instance, or everything (2.1)' },
    load: () => import('../sections/restart/command.ts'),
  },
  {
    commands: { db: 'the database: connections, queries, locks, replication, maintenance (2.3, 3.3, 3.6)' },
    load: () => import('../sections/db/command.ts'),
  },
  { commands: { scale: 'more or fewer instances (2.6)' }, load: () => import('../sections/scale/command.ts') },
  {
    commands: { health: 'endpoints, load balancer and instances (4)' },
    load: () => import('../sections/health/command.ts'),
  },
  {
    commands: {
      audit: 'what was done: list, show, verify, report',
      resume: 'go on with a session that was interrupted',
    },
    load: () => import('../sections/audit/command.ts'),
  },
  {
    commands: {
      config: 'check or show the configuration',
      trust: 'let a configuration that was found here run, resolve and contact what it names',
    },
    load: () => import('../sections/setup/command.ts'),
  },
];

/** The runbook as the menu shows it. */
export const menu = [
  { section: '1', title: 'Service overview', command: 'overview', summary: 'addresses, health, dashboards, documents' },
  {
    section: '2.1',
    title: 'Rolling restart',
    command: 'restart --rolling',
    summary: 'one instance after another, no downtime',
  },
  {
    section: '2.1',
    title: 'Emergency restart',
    command: 'restart --emergency',
    summary: 'stop everything, wait for the drain, start again: a short downtime',
  },
  {
    section: '2.1',
    title: 'Instances',
    command: 'restart status',
    summary: 'what is running: version, age, health, the rollout, what changed last',
  },
  { section: '2.1', title: 'Roll back', command: 'restart undo', summary: 'roll back' },
  {
    section: '2.1',
    title: 'Scheduled restarts',
    command: 'restart schedules',
    summary: 'what the platform restarts at fixed times',
  },
  {
    section: '2.3',
    title: 'Database connections',
    command: 'db connections',
    summary: 'by state, application, user; how many are left',
  },
  {
    section: '2.3',
    title: 'End idle connections',
    command: 'db kill-idle',
    summary: 'those that have done nothing for a while',
  },
  {
    section: '2.3',
    title: 'Running queries',
    command: 'db running',
    summary: 'long ones, what they wait for, what they hold open',
  },
  {
    section: '2.3',
    title: 'Replication',
    command: 'db replication',
    summary: 'how far replicas lie behind, seen from both ends',
  },
  { section: '2.3', title: 'Vacuum', command: 'db vacuum --status', summary: 'dead rows, wraparound, what runs now' },
  {
    section: '2.6',
    title: 'Scale status',
    command: 'scale status',
    summary: 'how many instances there are and may be',
  },
  { section: '2.6', title: 'Scale up', command: 'scale up', summary: 'one instance more' },
  { section: '2.6', title: 'Scale down', command: 'scale down', summary: 'one instance fewer, then watch' },
  { section: '3.3', title: 'Slow queries', command: 'db slow', summary: 'where the time goes (pg_stat_statements)' },
  { section: '3.3', title: 'Blocking queries', command: 'db blocking', summary: 'who waits for whom, from the root' },
  { section: '3.3', title: 'Indexes', command: 'db indexes', summary: 'missing, unused, invalid, duplicate' },
  { section: '3.6', title: 'Database size', command: 'db size', summary: 'tables, indexes, WAL, temporary files' },
  { section: '3.6', title: 'Bloat', command: 'db bloat', summary: 'space that dead rows have left behind, estimated' },
  { section: '3.6', title: 'WAL', command: 'db wal', summary: 'the write-ahead log and what keeps it' },
  {
    section: '4',
    title: 'Health check',
    command: 'health',
    summary: 'every endpoint, the load balancer, each instance',
  },
  { section: '4', title: 'Health, watched', command: 'health --watch', summary: 'again and again, until Ctrl-C' },
  { section: '', title: 'Audit log', command: 'audit list', summary: 'what was done here, by whom' },
  { section: '', title: 'Resume', command: 'resume', summary: 'go on with a session that was interrupted' },
  { section: '', title: 'Configuration', command: 'config check', summary: 'is runbook.config.yaml right?' },
  { section: '', title: 'Trust', command: 'trust', summary: 'what would the configuration run and contact? may it?' },
] as const;
