import * as z from 'zod/mini';
import {
  amount,
  list,
  mapping,
  named,
  optional,
  optionalMapping,
  shared,
  text,
  textLike,
  whole,
  withDefault,
} from './leaf.ts';

const path = shared(() => textLike((value) => /^\/[^\s#]*$/.test(value), 'a path that begins with /'));

const field = () => z.union([z.string(), z.number(), z.boolean()], 'a text, a number, true or false');

const endpoint = () =>
  mapping({
    path: path(),
    status: withDefault(whole('', { min: 100, max: 599 }), 200),
    /** Fields that the JSON body must have with exactly these values. */
    expect: optional(named(field(), { of: 'fields to values' })),
    checks: optional(text()),
    latencyField: optional(text()),
  });

/** Section 4 of the runbook. */
const endpointsOfTheRunbook = () => [
  { path: '/health', status: 200, expect: { status: 'ok' }, checks: 'Application running' },
  { path: '/health/ready', status: 200, expect: { status: 'ready' }, checks: 'App + DB + cache connected' },
  { path: '/health/live', status: 200, expect: { status: 'alive' }, checks: 'App process alive' },
  {
    path: '/health/db',
    status: 200,
    expect: { status: 'ok' },
    checks: 'Database reachable',
    latencyField: 'latency_ms',
  },
  { path: '/health/cache', status: 200, expect: { status: 'ok' }, checks: 'Redis reachable' },
];

export const health = () =>
  optionalMapping({
    endpoints: withDefault(list(endpoint(), 'a list of endpoints'), endpointsOfTheRunbook),
    loadBalancer: optionalMapping({
      path: withDefault(path(), '/health'),
      intervalSeconds: withDefault(amount('seconds'), 10),
      unhealthyThreshold: withDefault(whole('failures', { min: 1 }), 3),
    }),
    timeoutSeconds: withDefault(amount('seconds'), 5),
  });
