import type { Section } from '../section.ts';

export const section: Section = {
  register: (program, rb) => {
    const command = program
      .command('scale')
      .description('Change the number of instances, within the floor and the ceiling of the configuration.')
      .addHelpText('before', examples);
    command
      .command('status')
      .summary('instances, limits and off-peak hours')
      .action(async () => rb.run((await import('./status.ts')).scaleStatus, {}));
    const change = (direction: 'to' | 'up' | 'down', argument: string, summary: string) =>
      command
        .command(direction)
        .argument(argument, 'a number of instances, or a percentage of the present number such as 50%')
        .option('--no-watch', 'do not watch the service after taking instances away')
        .summary(summary)
        .action(async (amount: string | undefined, { watch }: { readonly watch: boolean }) => {
          const [{ scale }, { parseAmount }] = await Promise.all([import('./scale.ts'), import('./wanted.ts')]);
          await rb.run(scale, { wanted: parseAmount(direction, amount ?? '1'), watch });
        });
    change('up', '[n]', 'n more (1 unless said otherwise)');
    change('down', '[n]', 'n fewer (1 unless said otherwise)');
    change('to', '<n>', 'exactly n');
  },
  menu: [
    {
      section: '2.6',
      title: 'Scale status',
      command: 'scale status',
      summary: 'how many instances there are and may be',
    },
    { section: '2.6', title: 'Scale up', command: 'scale up', summary: 'one instance more' },
    { section: '2.6', title: 'Scale down', command: 'scale down', summary: 'one instance fewer, then watch' },
  ],
  procedures: {
    scale: async () => (await import('./scale.ts')).scale,
    'scale.status': async () => (await import('./status.ts')).scaleStatus,
  },
};

const examples = `Examples:
  rb scale status
  rb scale up 2
  rb scale down 50%
  rb scale to 4 --dry-run
`;
