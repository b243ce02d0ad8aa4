import * as z from 'zod/mini';
import { command, commandOptions } from './argument-list.ts';
import {
  amount,
  flag,
  list,
  mapping,
  maybeEmpty,
  oneOf,
  optionalMapping,
  postgresUrl,
  redisUrl,
  text,
  texts,
} from './leaf.ts';
import { slowLog } from './logs.ts';

export const database = () =>
  mapping({
    url: postgresUrl(),
    replicas: z._default(list(mapping({ name: text(), url: postgresUrl() })), () => []),
    idleMinutes: z._default(amount('minutes'), 5),
    longRunningMinutes: z._default(amount('minutes'), 1),
    neverTerminate: optionalMapping({
      users: z._default(texts(), () => []),
      applications: z._default(texts(), () => []),
      databases: z._default(texts(), () => []),
    }),
    slowLog: z.exactOptional(slowLog()),
  });

/** Warming may take long, so its limit is in minutes. */
const warm = () =>
  mapping({
    command: command(),
    environment: commandOptions.environment,
    timeoutMinutes: z._default(amount('minutes'), 15),
  });

export const cache = () =>
  mapping({
    url: redisUrl(),
    cluster: z._default(flag(), false),
    keyPrefix: z._default(maybeEmpty(), ''),
    flush: z._default(oneOf('db', 'all'), 'db'),
    clearImpactMinutes: z.exactOptional(amount('minutes', { zero: true })),
    warm: z.exactOptional(warm()),
  });
