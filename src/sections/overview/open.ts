import { RunbookError } from '../../engine/errors.ts';
import type { Rb } from '../section.ts';
import { links } from './links.ts';

/** Opens a link of the service in the browser. Errors: `usage` where there is none of that name. */
export const openLink = async (rb: Rb, name: string | undefined): Promise<void> => {
  const all = links((await rb.configuration()).config.service);
  const link = all.find((one) => one.name === name);
  if (name === undefined || !link)
    throw new RunbookError(
      'usage',
      `${name === undefined ? 'Say what to open' : `There is no "${name}"`}; there are: ${all.map((one) => one.name).join(', ') || 'none (service.dashboards, service.documents)'}.`,
      { next: all.slice(0, 3).map((one) => `rb open ${one.name}`) },
    );
  await rb.open(link.url);
};
