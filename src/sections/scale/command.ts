import type { Register } from '../section.ts';
import { scale } from './scale.ts';
import { scaleStatus } from './status.ts';
import { parseAmount } from './wanted.ts';

export const register: Register = (program, rb) => {
  const command = program
    .command('scale')
    .description('Change the number of instances, within the floor and the ceiling of the configuration.')
    .addHelpText('before', examples);
  command
    .command('status')
    .summary('instances, limits and off-peak hours')
    .action(() => rb.run(scaleStatus, {}));
  const change = (direction: 'to' | 'up' | 'down', argument: string, summary: string) =>
    command
      .command(direction)
      .argument(argument, 'a number of instances, or a percentage of the present number such as 50%')
      .option('--no-watch', 'do not watch the service after taking instances away')
      .summary(summary)
      .action((amount: string | undefined, flags: { readonly watch: boolean }) =>
        rb.run(scale, { wanted: parseAmount(direction, amount ?? '1'), watch: flags.watch }),
      );
  change('up', '[n]', 'n more (1 unless said otherwise)');
  change('down', '[n]', 'n fewer (1 unless said otherwise)');
  change('to', '<n>', 'exactly n');
};

const examples = `Examples:
  rb scale status
  rb scale up 2
  rb scale down 50%
  rb scale to 4 --dry-run
`;
