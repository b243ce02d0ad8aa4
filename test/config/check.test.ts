import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkConfig } from '../../src/config/check/check.ts';
import { freshDirectory, load, withProduction } from './rig.ts';

interface Around {
  readonly env?: Record<string, string>;
  readonly directory?: string;
}

const checkAll = (text: string, { env = {}, directory = freshDirectory() }: Around = {}) =>
  checkConfig(load(text, directory), { env: { PATH: process.env['PATH'] ?? '', ...env } }).map(
    ({ file, line, column, level, path, message }) => `${level} ${file}:${line}:${column}  ${path}  ${message}`,
  );
const unused = 'checked, and not acted on by this version of rb: ';
/** Without the line that most examples here have. */
const check = (text: string, around?: Around) => checkAll(text, around).filter((line) => !line.includes(unused));
const at = (level: 'error' | 'warn', place: string, rest: string) => `${level} runbook.config.yaml:${place}  ${rest}`;
const production = 'environments.production';

test('nothing is found where nothing is wrong', () => {
  const directory = freshDirectory();
  mkdirSync(join(directory, 'ops'));
  writeFileSync(join(directory, 'ops', 'restart'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(directory, 'secret'), 'x', { mode: 0o600 });
  const lines = `workload:
  provider: command
  instances: [sh, -c, "ls"]
  restartInstance: [./ops/restart, "{{instance}}", "--env={{ environment }}"]
  scale: { command: [/bin/sh, "{{count}}"], environment: { SERVICE: "{{service}}" } }
  instanceHealth: "http://{{host}}:{{port}}/health"
logs: { provider: command, command: [sh, "{{since}}", "{{limit}}"] }
cache: { url: "\${env:CACHE_URL}", warm: { command: [sh, "{{environment}}"] } }
database: { url: "\${file:secret}" }
metrics: { provider: prometheus, url: "https://prometheus.example.com", token: "\${command:sh -c true}" }`;
  expect(check(withProduction(lines), { directory, env: { CACHE_URL: 'redis://x' } })).toEqual([]);
});

const command = (words: string) => withProduction(`maintenanceMode: { enable: ${words}, disable: [sh] }`);
const enable = `${production}.maintenanceMode.enable`;

test.each([
  [
    'a program that is not there',
    command('[no-such-program]'),
    at('error', '5:33', `${enable}[0]  cannot be run: no-such-program is not in PATH`),
  ],
  [
    'the long form',
    command('{ command: [no-such-program] }'),
    at('error', '5:44', `${enable}.command[0]  cannot be run: no-such-program is not in PATH`),
  ],
  [
    'an unknown placeholder',
    command('[sh, "x{{instnce}}"]'),
    at('error', '5:37', `${enable}[1]  nothing fills {{instnce}}; there are: service, environment`),
  ],
  [
    'a misspelt placeholder',
    command('[sh, "{{enviroment}}"]'),
    at(
      'error',
      '5:37',
      `${enable}[1]  nothing fills {{enviroment}}; there are: service, environment; did you mean "environment"?`,
    ),
  ],
  [
    'a placeholder in a variable',
    command('{ command: [sh], environment: { A: "{{b}}" } }'),
    at('error', '5:67', `${enable}.environment.A  nothing fills {{b}}; there are: service, environment`),
  ],
  [
    'a placeholder elsewhere',
    withProduction('url: "https://a/{{b}}"'),
    at('error', '5:10', `${production}.url  nothing fills {{b}}; there are none in this place`),
  ],
  [
    'a shell variable',
    command('[sh, "${HOME}"]'),
    at(
      'warn',
      '5:37',
      `${enable}[1]  \${HOME} is passed on as it is written: there is no shell; a reference is \${env:NAME}`,
    ),
  ],
  [
    'an unset variable',
    withProduction('cache: { url: "${env:NOT_THERE}" }'),
    at('warn', '5:19', `${production}.cache.url  the environment variable NOT_THERE is not set here`),
  ],
  [
    'a missing file',
    withProduction('cache: { url: "${file:/nowhere/x}" }'),
    at('warn', '5:19', `${production}.cache.url  /nowhere/x: no such file here`),
  ],
  [
    'a missing secret manager',
    withProduction('cache: { url: "${command:no-such-program a}" }'),
    at(
      'warn',
      '5:19',
      `${production}.cache.url  \${command:no-such-program a} cannot be run here: no-such-program is not in PATH`,
    ),
  ],
  [
    'a broken reference',
    withProduction('cache: { url: "${env:A B}" }'),
    at('error', '5:19', `${production}.cache.url  \${env:A B}: expected the name of an environment variable`),
  ],
  [
    'a secret that is written out',
    withProduction('cache: { url: "redis://:hunter2@h" }'),
    at(
      'warn',
      '5:19',
      `${production}.cache.url  a secret is written out here; \${env:NAME}, \${file:path} or \${command:...} keeps it out of the file`,
    ),
  ],
  [
    'logs of a workload that is elsewhere',
    withProduction('logs: { provider: kubernetes }'),
    at(
      'error',
      '5:23',
      `${production}.logs.provider  kubernetes needs \`workload\` of production to be kubernetes too: it says where`,
    ),
  ],
  [
    'a number of instances for a DaemonSet',
    withProduction(
      'workload: { provider: kubernetes, context: a, namespace: b, resource: daemonset/c }\nscaling: { min: 2 }',
    ),
    at('warn', '6:14', `${production}.scaling  a DaemonSet has one pod on each node: rb scale cannot change that`),
  ],
  [
    'a role for scheduled restarts on Kubernetes',
    withProduction(
      'workload: { provider: kubernetes, context: a, namespace: b, resource: deployment/c }\nrestart: { schedule: { role: "arn:aws:iam::012345678901:role/r" } }',
    ),
    at('warn', '6:34', `${production}.restart.schedule.role  kubernetes has no use for \`role\``),
  ],
  [
    'a protected environment whose cluster is not pinned',
    withProduction(
      'protected: true\nworkload: { provider: kubernetes, context: a, namespace: b, resource: deployment/c }',
    ),
    at(
      'warn',
      '6:15',
      `${production}.workload  protected, but without \`server\` whatever cluster the context leads to is taken for the right one`,
    ),
  ],
  [
    'a protected environment whose account is not pinned',
    withProduction('protected: true\nworkload: { provider: ecs, region: a, cluster: b, service: c }'),
    at(
      'warn',
      '6:15',
      `${production}.workload  protected, but without \`account\` any account is taken for the right one`,
    ),
  ],
  [
    'scheduled restarts by commands',
    withProduction('workload: { provider: command, instances: [sh] }\nrestart: { schedule: { image: a } }'),
    at('warn', '6:26', `${production}.restart.schedule  a workload of commands has no schedules; use a systemd timer`),
  ],
  [
    'a default that is not there',
    `${withProduction('{}')}defaultEnvironment: prod\n`,
    at('error', '6:21', 'defaultEnvironment  no environment "prod"; there are: production'),
  ],
])('%s', (_, text, finding) => expect(check(text)).toEqual([finding]));

test('a file that is not executable, and one that is not there', () => {
  const directory = freshDirectory();
  writeFileSync(join(directory, 'tool'), '#!/bin/sh\n');
  chmodSync(join(directory, 'tool'), 0o644);
  expect(check(command('[./tool]'), { directory })).toEqual([
    at('error', '5:33', `${enable}[0]  cannot be run: not executable: ${directory}/tool (chmod +x ${directory}/tool)`),
  ]);
  expect(check(command('[./other]'), { directory })).toEqual([
    at('error', '5:33', `${enable}[0]  cannot be run: no such file: ${directory}/other`),
  ]);
  expect(check(command('[./]'), { directory })).toEqual([
    at('error', '5:33', `${enable}[0]  cannot be run: not executable: ${directory}`),
  ]);
  expect(check(command('[tool]'), { directory, env: { PATH: directory } })).toContain(
    at('error', '5:33', `${enable}[0]  cannot be run: tool is in PATH but not executable`),
  );
});

test('a secret that everybody can read', () => {
  const directory = freshDirectory();
  writeFileSync(join(directory, 'secret'), 'x');
  chmodSync(join(directory, 'secret'), 0o644);
  expect(check(withProduction('cache: { url: "${file:secret}" }'), { directory })).toEqual([
    at(
      'warn',
      '5:19',
      `${production}.cache.url  ${directory}/secret can be read by everyone on this machine (chmod o-r ${directory}/secret)`,
    ),
  ]);
});

test('findings are in the order of the file, and hold no secret', () => {
  const text = withProduction(
    `cache: { url: "redis://:hunter2@h" }\nmaintenanceMode: { enable: [no-such-program, --token=hunter2], disable: [sh, "{{x}}"] }`,
  );
  const findings = check(text);
  expect(findings.map((finding) => finding.split('  ')[1])).toEqual([
    `${production}.cache.url`,
    `${enable}[0]`,
    `${enable}[1]`,
    `${enable}[1]`,
    `${production}.maintenanceMode.disable[1]`,
  ]);
  expect(findings.join()).not.toContain('hunter2');
});

test.each([
  ['--password=hunter2', true],
  ['--password, "${env:PW}"', true],
  ['--client-secret, hunter2', true],
  ['-p, hunter2', true],
  ['"https://h/?key=hunter2"', true],
  ['"https://u:${file:/pw}@h"', true],
  ['-p, "5432"', false],
  ['--token-file, /run/token', false],
])('an argument that other users can read: %s', (words, isWarned) => {
  const findings = checkAll(withProduction(`maintenanceMode: { enable: [sh, ${words}], disable: [sh] }`), {
    env: { PW: 'x' },
  });
  expect(findings.join('\n').includes('other users can read it in the command line')).toBe(isWarned);
  const variable = `maintenanceMode: { enable: { command: [sh], environment: { PW: "\${env:PW}" } }, disable: [sh] }`;
  expect(checkAll(withProduction(variable), { env: { PW: 'x' } }).join()).not.toContain('other users');
});

test('keys that nothing acts on are listed once, whichever environments have them', () => {
  const text = `${withProduction(
    'cache: { url: "${env:A}" }\nlogs: { provider: loki, url: "https://l", selector: "{a}" }\ndatabase: { url: "${env:A}", slowLog: { provider: file, path: a } }',
  )}  staging: { cache: { url: "\${env:A}" }, queues: [], logs: { provider: file, path: a } }
alerts: {}
audit: { anchor: optional }
`;
  expect(checkAll(text, { env: { A: 'redis://a' } })).toEqual([
    at('warn', '9:9', `alerts  ${unused}alerts, logs.provider, database.slowLog, cache, queues, audit.anchor`),
  ]);
  expect(checkAll(withProduction('url: https://a'))).toEqual([]);
});

test.each([
  ['audit: { anchor: required }', '6:18', 'audit.anchor', 'has no anchors for the audit log; set `anchor: none`'],
  [
    'audit: { store: "postgresql://h/d" }',
    '6:17',
    'audit.store',
    'does not mirror the audit log to a store; set `store: ""`',
  ],
  [
    'lock: { provider: redis }',
    '6:19',
    'lock.provider',
    'does not lock with redis; set `provider: host`, a lock for all processes on one host',
  ],
])('a promise of safety that this version does not keep is an error: %s', (line, place, key, message) => {
  expect(checkAll(`${withProduction('{}')}${line}\n`)).toEqual([
    at('error', place, `${key}  this version of rb ${message}`),
  ]);
});

test.each(['auto', 'host'])('lock.provider %s is kept', (provider) => {
  expect(
    checkAll(
      `${withProduction('{}')}lock: { provider: ${provider} }\naudit: { anchor: none, store: "", directory: "" }\n`,
    ),
  ).toEqual([]);
});
