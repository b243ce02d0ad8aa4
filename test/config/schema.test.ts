import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { smallestConfig } from '../../src/config/check/examples.ts';
import { capabilities, loadCapabilities, teamCapabilities } from '../../src/providers/catalogue.ts';
import { commandLine } from '../../src/config/schema/argument-list.ts';
import { isTimeZone } from '../../src/config/time-zones.ts';
import { configSchema, errorOf, load, withProduction } from './rig.ts';

const example = readFileSync(new URL('complete.yaml', import.meta.url), 'utf8');

test('a configuration that uses every section is valid', () => {
  const { config } = load(example);
  const production = config.environments['production'];
  expect(production?.workload).toEqual({
    provider: 'kubernetes',
    context: 'prod-eu',
    server: 'https://k8s.prod-eu.example.com',
    namespace: 'checkout',
    resource: 'deployment/checkout-api',
    container: 'api',
  });
  expect(production?.database?.url).toBe('${env:CHECKOUT_DATABASE_URL}');
  expect(production?.profiler?.heapDump).toEqual(['kill', '-USR2', '1']);
  expect(config.document?.date).toBe('2026-11-01');
});

test('the complete example names every key of the schema at the top and of an environment', () => {
  const { config } = load(example);
  expect(Object.keys(config).toSorted()).toEqual(Object.keys(configSchema.def.shape).toSorted());
  expect(Object.keys(config.environments['production'] ?? {}).toSorted()).toEqual(
    Object.keys(configSchema.def.shape.environments.def.valueType.def.shape).toSorted(),
  );
});

test.each([
  ['ecs', 'workload: { provider: ecs, region: eu-central-1, account: "012345678901", cluster: a, service: b }'],
  [
    'commands',
    'workload: { provider: command, instances: { command: [ls], timeoutSeconds: 5 }, stop: [a], start: [b], restartInstance: [c, "{{instance}}"], scale: [d, "{{count}}"], rollback: [e], instanceHealth: "{{url}}/health" }',
  ],
  ['a statefulset', 'workload: { provider: kubernetes, context: a, namespace: b, resource: statefulset/c }'],
  ['cloudwatch', 'logs: { provider: cloudwatch, region: eu-central-1, group: /ecs/checkout }'],
  ['loki', 'logs: { provider: loki, url: "https://loki.example.com", selector: "{app=\\"a\\"}", token: "${env:T}" }'],
  ['a file', 'logs: { provider: file, path: "logs/*.log", fields: { time: t } }'],
  [
    'a command for logs',
    'logs: { provider: command, command: [journalctl, --since, "{{since}}"], timeoutSeconds: 20 }',
  ],
  ['cert-manager', 'certificates: [{ domain: a.example.com, renew: { provider: cert-manager, certificate: a } }]'],
  [
    'acm',
    'certificates: [{ domain: a.example.com, renew: { provider: acm, region: us-east-1, arn: "arn:aws:acm:x" } }]',
  ],
  ['a command to renew', 'certificates: [{ domain: a.example.com, renew: { provider: command, command: [renew] } }]'],
  ['hosts on this machine', 'hosts: { provider: local }'],
  ['metrics of a command', 'metrics: { provider: command, command: [top] }'],
  ['scheduled restarts on ECS', 'restart: { schedule: { role: "arn:aws:iam::012345678901:role/scheduler" } }'],
  ['no endpoints', 'health: { endpoints: [] }'],
])('%s', (_, lines) => expect(load(withProduction(lines)).config.environments['production']).toBeDefined());

test.each([
  ['tickets in jira', 'tickets: { provider: jira, url: "https://jira.example.com", project: OPS, token: "${env:T}" }'],
  ['tickets by a command', 'tickets: { provider: command, command: [./ticket] }'],
  ['a store', 'audit: { anchor: required, store: "postgresql://h/d" }'],
  ['a lock', 'lock: { provider: redis }'],
])('%s', (_, line) => expect(load(`${smallestConfig}${line}\n`).config.version).toBe(1));

const examplesOf = async (entries: Parameters<typeof loadCapabilities>[0]) =>
  Object.entries((await loadCapabilities(entries)) as Record<string, { example: string }>).map(
    ([key, { example: lines }]) => [key, lines] as const,
  );

test.each(await examplesOf(capabilities))('the example that an error shows for %s is valid', (key, lines) => {
  expect(load(withProduction(lines)).config.environments['production']).toHaveProperty(key);
});

test.each(await examplesOf(teamCapabilities))('the example for %s is valid', (key, lines) => {
  expect(load(`${smallestConfig}${lines}\n`).config).toHaveProperty(key);
});

test('both ways of writing an argument list are the same command', () => {
  expect(commandLine(['a', 'b'])).toEqual({ command: ['a', 'b'] });
  expect(commandLine({ command: ['a'], timeoutSeconds: 1.5, environment: { B: 'c' } })).toEqual({
    command: ['a'],
    timeoutMs: 1500,
    environment: { B: 'c' },
  });
});

test.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'US/Eastern', 'Asia/Kolkata'])(
  '%s is a time zone',
  (name) => expect(isTimeZone(name)).toBe(true),
);

test.each(['', '+02:00', '-0500', 'Europe/Atlantis', 'local', 'Europe/Berlin '])('"%s" is not a time zone', (name) =>
  expect(isTimeZone(name)).toBe(false),
);

test('a time zone is asked of the runtime', () => {
  const offPeak = 'from: "22:00", to: "06:00", timeZone: US/Eastern';
  expect(load(withProduction(`scaling: { offPeak: { ${offPeak} } }`)).config.version).toBe(1);
});

const withDatabase = (url: string) => withProduction(`database: { url: '${url}' }`);

test.each([
  'postgresql://rb@db.example.com/shop?sslmode=verify-full',
  'postgres://rb:p%40ss@db-1:5432,db-2:5433/shop?target_session_attrs=read-write',
  'postgresql://rb:p@ss@db-1,db-2:5433/shop',
  'postgresql://rb@[::1]:5432,[2001:db8::1]/shop',
  'postgresql://rb@/shop?host=/run',
  'postgresql:///shop?host=/run/postgresql',
  'postgresql://%2Frun%2Fpostgresql/shop',
  'postgresql://?service=shop',
  'postgresql://',
])('a database as libpq takes it: %s', (url) =>
  expect(load(withDatabase(url)).config.environments['production']?.database?.url).toBe(url),
);

test.each([
  'mysql://db/shop',
  'postgresql:db/shop',
  'postgresql://db-1:5432,db-2:port/shop',
  'postgresql://rb:pass-w0rd@db-1:99999,db-2/shop',
  'postgresql://rb:pass-w0rd@db-1:5432,db 2/shop',
  'postgresql://rb:pass#word@db-1,db-2/shop',
  'postgresql://rb:100%@db-1,db-2/shop',
])('what is no such URL is refused, and not repeated: %s', (url) => {
  const { message } = errorOf(() => load(withDatabase(url)));
  expect(message).toContain('a URL that begins with postgresql://');
  expect(message).not.toContain(url);
  expect(message).not.toMatch(/pass|100%/);
});
