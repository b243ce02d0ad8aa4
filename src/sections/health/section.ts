import type { Section } from '../section.ts';
import type { HealthFlags } from './command.ts';

export const section: Section = {
  register: (program, rb) => {
    program
      .command('health')
      .description('Ask every health endpoint, the load balancer and each instance, all at the same time.')
      .option('--watch', 'ask again and again, until Ctrl-C')
      .option('--every <duration>', 'with --watch: how often', '2s')
      .option('--for <duration>', 'with --watch: for how long', '7d')
      .addHelpText(
        'before',
        'Examples:\n  rb health\n  rb health -e production -o json\n  rb health --watch --every 5s --for 10m\n',
      )
      .action(async (flags: HealthFlags) => (await import('./command.ts')).runHealth(rb, flags));
  },
  menu: [
    {
      section: '4',
      title: 'Health check',
      command: 'health',
      summary: 'every endpoint, the load balancer, each instance',
    },
    { section: '4', title: 'Health, watched', command: 'health --watch', summary: 'again and again, until Ctrl-C' },
  ],
  procedures: {
    health: async () => (await import('./health.ts')).health,
    'health.watch': async () => (await import('./watch.ts')).healthWatch,
  },
};
