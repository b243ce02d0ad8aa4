import { RunbookError } from '../../engine/errors.ts';
import type { Register } from '../section.ts';
import { links } from './links.ts';
import { overview } from './overview.ts';

export const register: Register = (program, rb) => {
  program.command('overview').action(() => rb.run(overview, {}));
  program
    .command('open')
    .argument('[name]', 'a name that `rb overview` lists')
    .action(async (name: string | undefined) => {
      const all = links((await rb.configuration()).config.service);
      const link = all.find((one) => one.name === name);
      if (name === undefined || !link)
        throw new RunbookError(
          'usage',
          `${name === undefined ? 'Say what to open' : `There is no "${name}"`}; there are: ${all.map((one) => one.name).join(', ') || 'none (service.dashboards, service.documents)'}.`,
          { next: all.slice(0, 3).map((one) => `rb open ${one.name}`) },
        );
      await rb.open(link.url);
    });
};
