import { join } from 'node:path';

const { NODE_EXTRA_CA_CERTS: extra, NODE_OPTIONS: options, ...others } = process.env;

/**
 * The environment of what is measured: the cache and the state of the benchmark alone, and Node as it comes. With a file of more
 * authorities Node reads all of them before the first TLS connection, about 8 ms for those of a Linux distribution.
 */
export const surroundings = (place: string): NodeJS.ProcessEnv => ({
  ...others,
  XDG_CACHE_HOME: join(place, 'cache'),
  XDG_STATE_HOME: join(place, 'state'),
});

/** What is set here and was not passed on. */
export const stated = (): string =>
  `NODE_EXTRA_CA_CERTS is ${extra === undefined ? 'not set' : 'set here, and not for what is measured'}; NODE_OPTIONS is ${options === undefined ? 'not set' : 'set here, and not for what is measured'}.`;
