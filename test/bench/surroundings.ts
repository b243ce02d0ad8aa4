import { join } from 'node:path';

/** The environment of what is measured: the cache and the state of the benchmark alone. */
export const surroundings = (place: string): NodeJS.ProcessEnv => ({
  ...process.env,
  XDG_CACHE_HOME: join(place, 'cache'),
  XDG_STATE_HOME: join(place, 'state'),
});

/** What else of the environment changes the figures: Node reads a file of more authorities in every process, `node -e 0` too. */
export const stated = (): string =>
  `NODE_EXTRA_CA_CERTS is ${process.env['NODE_EXTRA_CA_CERTS'] === undefined ? 'not set' : 'set'}, NODE_OPTIONS is "${process.env['NODE_OPTIONS'] ?? ''}".`;
