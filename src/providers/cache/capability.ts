import { command, commandOptions } from '../../config/schema/argument-list.ts';
import { amount, flag, mapping, maybeEmpty, oneOf, optional, redisUrl, withDefault } from '../../config/schema/leaf.ts';
import { capabilityOf } from '../capability.ts';

/** Warming may take long, so its limit is in minutes. */
const warm = () =>
  mapping({
    command: command(),
    environment: commandOptions.environment,
    timeoutMinutes: withDefault(amount('minutes'), 15),
  });

const schema = () =>
  mapping({
    url: redisUrl(),
    cluster: withDefault(flag(), false),
    keyPrefix: withDefault(maybeEmpty(), ''),
    flush: withDefault(oneOf('db', 'all'), 'db'),
    clearImpactMinutes: optional(amount('minutes', { zero: true })),
    warm: optional(warm()),
  });

export const capability = capabilityOf({
  schema,
  example: `cache:
  url: \${env:CHECKOUT_REDIS_URL}`,
});
