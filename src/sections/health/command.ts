import { parseDuration } from '../../config/duration.ts';
import type { Register } from '../section.ts';
import { health } from './health.ts';
import { healthWatch } from './watch.ts';

export const register: Register = (program, rb) => {
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
    .action((flags: { readonly watch?: true; readonly every: string; readonly for: string }) =>
      flags.watch
        ? rb.run(healthWatch, {
            everyMs: parseDuration(flags.every, '--every'),
            forMs: parseDuration(flags.for, '--for'),
          })
        : rb.run(health, {}),
    );
};
