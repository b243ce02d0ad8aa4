import { command, commandOptions } from './argument-list.ts';
import {
  amount,
  flag,
  list,
  mapping,
  maybeEmpty,
  oneOf,
  optional,
  optionalMapping,
  postgresUrl,
  redisUrl,
  text,
  texts,
  withDefault,
} from './leaf.ts';
import { slowLog } from './logs.ts';

export const database = () =>
  mapping({
    url: postgresUrl(),
    replicas: withDefault(list(mapping({ name: text(), url: postgresUrl() })), () => []),
    idleMinutes: withDefault(amount('minutes'), 5),
    longRunningMinutes: withDefault(amount('minutes'), 1),
    neverTerminate: optionalMapping({
      users: withDefault(texts(), () => []),
      applications: withDefault(texts(), () => []),
      databases: withDefault(texts(), () => []),
    }),
    slowLog: optional(slowLog()),
  });

/** Warming may take long, so its limit is in minutes. */
const warm = () =>
  mapping({
    command: command(),
    environment: commandOptions.environment,
    timeoutMinutes: withDefault(amount('minutes'), 15),
  });

export const cache = () =>
  mapping({
    url: redisUrl(),
    cluster: withDefault(flag(), false),
    keyPrefix: withDefault(maybeEmpty(), ''),
    flush: withDefault(oneOf('db', 'all'), 'db'),
    clearImpactMinutes: optional(amount('minutes', { zero: true })),
    warm: optional(warm()),
  });
