import type { Section } from '../section.ts';

export const section: Section = {
  register: (program, rb) => {
    program.command('overview').action(async () => rb.run((await import('./overview.ts')).overview, {}));
    program
      .command('open')
      .argument('[name]', 'a name that `rb overview` lists')
      .action(async (name: string | undefined) => (await import('./open.ts')).openLink(rb, name));
  },
  menu: [
    {
      section: '1',
      title: 'Service overview',
      command: 'overview',
      summary: 'addresses, health, dashboards, documents',
    },
  ],
  procedures: { overview: async () => (await import('./overview.ts')).overview },
};
