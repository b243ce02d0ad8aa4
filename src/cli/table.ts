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
  { commands: { config: 'check or show the configuration' }, load: () => import('../sections/setup/command.ts') },
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
  { section: '2.1', title: 'Back to the version before', command: 'restart undo', summary: 'roll back' },
  {
    section: '2.1',
    title: 'Scheduled restarts',
    command: 'restart schedules',
    summary: 'what the platform restarts at fixed times',
  },
  {
    section: '2.6',
    title: 'Scale status',
    command: 'scale status',
    summary: 'how many instances there are and may be',
  },
  { section: '2.6', title: 'Scale up', command: 'scale up', summary: 'one instance more' },
  { section: '2.6', title: 'Scale down', command: 'scale down', summary: 'one instance fewer, then watch' },
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
] as const;
