import { mkdirSync, writeFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findConfig } from '../../src/config/file/find.ts';
import { smallestConfig } from '../../src/config/check/examples.ts';
import { errorOf, freshDirectory, load, loadConfig, withProduction } from './rig.ts';

/** The lines of the error, without the one that counts them. */
const problemsOf = (text: string): readonly string[] => {
  const error = errorOf(() => load(text));
  expect(error.kind).toBe('usage');
  return error.message.split('\n').slice(1);
};

test('the smallest configuration is valid and has defaults', () => {
  const { config } = load(smallestConfig);
  const staging = config.environments['staging'];
  expect(staging?.protected).toBe(false);
  expect(staging?.health.timeoutSeconds).toBe(5);
  expect(staging?.health.loadBalancer).toEqual({ path: '/health', intervalSeconds: 10, unhealthyThreshold: 3 });
  expect(staging?.health.endpoints.map(({ path, expect }) => [path, expect?.['status']])).toEqual([
    ['/health', 'ok'],
    ['/health/ready', 'ready'],
    ['/health/live', 'alive'],
    ['/health/db', 'ok'],
    ['/health/cache', 'ok'],
  ]);
  expect(staging?.restart).toEqual({ drainSeconds: 30 });
  expect(config.thresholds).toEqual({
    cpu: { escalatePercent: 85, forMinutes: 10 },
    errors: { rollbackPercent: 5, escalatePercent: 10, forMinutes: 10 },
    disk: { escalatePercent: 90 },
    memory: { restartEveryHours: 6, escalateWhenRestartedWithinHours: 2 },
  });
});

const at = (line: number, column: number, rest: string) => `runbook.config.yaml:${line}:${column}  ${rest}`;

describe('values that do not fit', () => {
  const production = 'environments.production';

  test.each([
    [
      'a text for a number',
      'scaling: { min: three }',
      at(5, 21, `${production}.scaling.min  expected a whole number of instances, found "three"`),
    ],
    [
      'a fraction',
      'scaling:\n  min: 1.5',
      at(6, 12, `${production}.scaling.min  expected a whole number of instances, found 1.5`),
    ],
    [
      'a maximum below the minimum',
      'scaling: { min: 5, max: 2 }',
      at(5, 29, `${production}.scaling.max  expected a number not below \`min\`, found 2`),
    ],
    [
      'a duration for a number',
      'restart: { drainSeconds: 30s }',
      at(5, 30, `${production}.restart.drainSeconds  expected a number of seconds, not below 0, found "30s"`),
    ],
    ['a misspelt key', 'protcted: true', at(5, 5, `${production}.protcted  unknown key; did you mean "protected"?`)],
    [
      'a key that is like no other',
      'restart: { zzzzzz: 1 }',
      at(5, 16, `${production}.restart.zzzzzz  unknown key; known here: expectedMinutes, drainSeconds, schedule`),
    ],
    [
      'a misspelt provider',
      'workload: { provider: kubernets }',
      at(
        5,
        27,
        `${production}.workload.provider  expected kubernetes, ecs or command, found "kubernets"; did you mean "kubernetes"?`,
      ),
    ],
    [
      'no provider',
      'workload: { context: x }',
      at(5, 5, `${production}.workload.provider  expected kubernetes, ecs or command, it is missing`),
    ],
    [
      'a section without a value',
      'logs:',
      at(5, 10, `${production}.logs  expected a mapping with \`provider\`, found nothing`),
    ],
    [
      'a choice in capitals',
      'cache: { url: "redis://x", flush: DB }',
      at(5, 39, `${production}.cache.flush  expected db or all, found "DB"; did you mean "db"?`),
    ],
    [
      'a command without words',
      'workload: { provider: command, instances: [] }',
      at(
        5,
        47,
        `${production}.workload.instances  expected a list of words such as [systemctl, restart, app], found an empty list`,
      ),
    ],
    [
      'a shell line',
      'workload: { provider: command, instances: ls -l }',
      at(
        5,
        47,
        `${production}.workload.instances  expected a list of words such as [systemctl, restart, app], or a mapping with \`command\`, found a text`,
      ),
    ],
    [
      'nothing among words',
      'maintenanceMode: { enable: [on, null], disable: [off] }',
      at(5, 37, `${production}.maintenanceMode.enable[1]  expected a word, found nothing`),
    ],
    [
      'a misspelt key in the long form',
      'maintenanceMode: { enable: { comand: [a] }, disable: [off] }',
      at(
        5,
        24,
        `${production}.maintenanceMode.enable.command  expected a list of words such as [systemctl, restart, app], it is missing`,
      ),
    ],
    [
      'the same URL for all instances',
      'workload: { provider: command, instances: [ls], instanceHealth: "http://a/health" }',
      at(
        5,
        69,
        `${production}.workload.instanceHealth  expected a URL (https:// or http://) with {{instance}} or {{url}} in it, found a text that is not shown here`,
      ),
    ],
    [
      'an unknown time zone',
      'scaling: { offPeak: { from: "22:00", to: "06:00", timeZone: Europe/Berlln } }',
      at(
        5,
        65,
        `${production}.scaling.offPeak.timeZone  expected the name of a time zone such as Europe/Berlin, found "Europe/Berlln"`,
      ),
    ],
    [
      'an offset for a time zone',
      'scaling: { offPeak: { from: "22:00", to: "06:00", timeZone: "+02:00" } }',
      at(
        5,
        65,
        `${production}.scaling.offPeak.timeZone  expected the name of a time zone such as Europe/Berlin, found "+02:00"`,
      ),
    ],
    [
      'an hour that is not',
      'scaling: { offPeak: { from: "24:00", to: "06:00", timeZone: UTC } }',
      at(5, 33, `${production}.scaling.offPeak.from  expected a time of day such as "22:00", found "24:00"`),
    ],
    [
      'a window without a length',
      'scaling: { offPeak: { from: "06:00", to: "06:00", timeZone: UTC } }',
      at(5, 46, `${production}.scaling.offPeak.to  expected another time than \`from\`, found "06:00"`),
    ],
    [
      'a smoke test of no kind',
      'smoke: [{ name: a }]',
      at(5, 13, `${production}.smoke[0]  expected \`command\`, or \`health: true\`, and not both`),
    ],
    [
      'a list entry',
      'certificates:\n  - domain: "a b"',
      at(6, 17, `${production}.certificates[0].domain  expected a host name such as checkout.example.com, found "a b"`),
    ],
    [
      'a relative health path',
      'health: { endpoints: [{ path: health }] }',
      at(5, 35, `${production}.health.endpoints[0].path  expected a path that begins with /, found "health"`),
    ],
  ])('%s', (_, lines, problem) => expect(problemsOf(withProduction(lines))).toContain(problem));

  test.each([
    ['no version', 'service: { name: a }\nenvironments: { b: {} }', at(1, 1, 'version  expected 1, it is missing')],
    [
      'another version',
      'version: 2\nservice: { name: a }\nenvironments: { b: {} }',
      at(1, 10, 'version  expected 1, found 2'),
    ],
    [
      'no environment',
      'version: 1\nservice: { name: a }\nenvironments: {}',
      at(3, 15, 'environments  expected a mapping of environment names, at least 1'),
    ],
    [
      'a slash in a name',
      'version: 1\nservice: { name: a/b }\nenvironments: { b: {} }',
      at(
        2,
        18,
        'service.name  expected a name such as checkout-api (letters, digits, spaces, ".", "_", "-"), found "a/b"',
      ),
    ],
    [
      'a slash in the name of an environment',
      'version: 1\nservice: { name: a }\nenvironments:\n  a/b: {}',
      at(4, 3, 'environments["a/b"]  expected a name (letters, digits, ".", "_" and "-")'),
    ],
    [
      'a day that does not exist',
      'version: 1\nservice: { name: a }\ndocument: { date: 2026-02-30 }\nenvironments: { b: {} }',
      at(3, 19, 'document.date  expected a date such as 2026-11-01, found "2026-02-30"'),
    ],
    [
      'a version that is a number',
      'version: 1\nservice: { name: a }\ndocument: { version: 1.10 }\nenvironments: { b: {} }',
      at(3, 22, 'document.version  expected a version in quotes, such as "1.4", found 1.1'),
    ],
    [
      'a wrong window',
      `${smallestConfig}maintenance: { window: Sunday 02:00 }`,
      at(6, 24, 'maintenance.window  expected a window such as Sunday 02:00-04:00 Europe/Berlin, found "Sunday 02:00"'),
    ],
    ['a list for everything', '- a', at(1, 1, 'expected a mapping, found a list')],
  ])('%s', (_, text, problem) => expect(problemsOf(text)).toContain(problem));

  test('all problems are named at once, in the order of the file', () => {
    const error = errorOf(() => load(withProduction('protcted: true\nscaling: { min: x, max: y }\ncache: { url: 5 }')));
    expect(error.message).toBe(
      [
        'runbook.config.yaml has 4 problems',
        at(5, 5, `${production}.protcted  unknown key; did you mean "protected"?`),
        at(6, 21, `${production}.scaling.min  expected a whole number of instances, found "x"`),
        at(6, 29, `${production}.scaling.max  expected a whole number of instances, at least 1, found "y"`),
        at(
          7,
          19,
          `${production}.cache.url  expected a URL that begins with redis:// or rediss://, found a number that is not shown here`,
        ),
      ].join('\n'),
    );
    expect(error.next).toEqual(['correct the file, then: rb config check']);
  });
});

describe('text that is not YAML', () => {
  test.each([
    ['a key twice', 'version: 1\nversion: 1', ':2:1  this key is there twice'],
    ['a bracket that is not closed', 'version: 1\nservice: { name: a', ':2:19  flow map'],
    ['a tab', 'version: 1\nservice:\n\tname: a', ':3:1  tabs are not allowed'],
    ['a tag', 'version: !!js/function x', ':1:10  tags are not supported'],
    ['an alias to nothing', 'version: *x', ':1:10  an alias to nothing'],
    ['several documents', 'version: 1\n---\nversion: 1', ':2:1  expected one document, found several'],
    [
      'a reference without quotes in braces',
      'a: { url: ${env:X} }',
      ':1:12  unexpected flow-map-start at node end; inside { } or [ ] a reference must be in quotes',
    ],
    ['an older YAML', '%YAML 1.1\n---\nversion: 1', ':1:1  only YAML 1.2 is read'],
    ['brackets without end', '['.repeat(100_000), ':1:'],
    ['a billion laughs', bomb(), ':1:1  too many aliases (*name)'],
  ])('%s', (_, text, problem) => expect(problemsOf(text).join('\n')).toContain(`runbook.config.yaml${problem}`));

  test('a file in another encoding', () => {
    const error = errorOf(() => load(Uint8Array.of(0x76, 0xff, 0xfe)));
    expect(error.message).toBe('cannot read runbook.config.yaml: it is not UTF-8 text');
  });

  test('an empty file is answered with the smallest configuration', () => {
    const error = errorOf(() => load('# nothing yet\n'));
    expect(error.message).toContain('runbook.config.yaml is empty');
    expect(error.message).toContain('  version: 1\n  service:\n    name: checkout-api');
  });

  test('a very large file is not read', () => {
    expect(errorOf(() => load(`# ${'x'.repeat(1024 * 1024)}`)).message).toContain('it is larger than 1 MiB');
  });
});

describe('secrets are not repeated in errors', () => {
  const secret = 'hunter2-hunter2';
  test.each([
    ['a URL', withProduction(`cache: { url: ${secret} }`)],
    ['a URL with another scheme', withProduction(`database: { url: "mysql://u:${secret}@h/d" }`)],
    ['a replica', withProduction(`database: { url: "postgres://h", replicas: [{ name: a, url: ${secret} }] }`)],
    ['a webhook', `${smallestConfig}notify: { slack: { webhook: ${secret} } }`],
    [
      'a token of a wrong type',
      `${smallestConfig}notify: { pagerduty: { token: [${secret}], routingKey: { a: ${secret} } } }`,
    ],
    ['a URL in a wrong place', withProduction(`cache: { url: "redis://h", flush: "redis://u:${secret}@h" }`)],
    ['a command', withProduction(`maintenanceMode: { enable: "login --password=${secret}", disable: [a] }`)],
    ['a section', withProduction(`database: postgres://u:${secret}@h/d`)],
    ['a store', `${smallestConfig}audit: { store: ${secret} }`],
    ['a value that looks like a tag', withProduction(`cache: { url: !${secret} }`)],
    ['a value that looks like an alias', withProduction(`cache: { url: *${secret} }`)],
    ['a value after a quote', withProduction(`cache: { url: "x"${secret} }`)],
    ['text after a block header', withProduction(`cache:\n  url: |${secret}\n    x`)],
    ['a line that is not closed', withProduction(`cache: { url: "${secret}`)],
  ])('%s', (_, text) => {
    const error = errorOf(() => load(text));
    expect(error.message).toMatch(/runbook\.config\.yaml:\d+:\d+ {2}/);
    expect(`${error.message}${error.next.join()}${error.stack}`).not.toContain('hunter2');
  });
});

test('words of commands stay as they are written', () => {
  const { config } = load(
    withProduction(
      'maintenanceMode:\n  enable: [a, 1.10, 010, 1e3, true, on]\n  disable: { command: [a], environment: { PORT: 08.50 } }',
    ),
  );
  expect(config.environments['production']?.maintenanceMode).toEqual({
    enable: ['a', '1.10', '010', '1e3', 'true', 'on'],
    disable: { command: ['a'], environment: { PORT: '08.50' } },
  });
});

describe('the file is found', () => {
  test('by the flag, then RB_CONFIG, then upwards from the current directory', () => {
    const top = freshDirectory();
    const deep = join(top, 'a', 'b');
    mkdirSync(deep, { recursive: true });
    for (const name of ['runbook.config.yaml', 'flag.yaml', 'env.yaml']) writeFileSync(join(top, name), smallestConfig);
    expect(findConfig({ flag: '../../flag.yaml', env: { RB_CONFIG: join(top, 'env.yaml') }, cwd: deep })).toBe(
      join(top, 'flag.yaml'),
    );
    expect(findConfig({ env: { RB_CONFIG: join(top, 'env.yaml') }, cwd: deep })).toBe(join(top, 'env.yaml'));
    expect(findConfig({ env: {}, cwd: deep })).toBe(join(top, 'runbook.config.yaml'));
    writeFileSync(join(top, 'a', 'runbook.config.yml'), smallestConfig);
    expect(findConfig({ env: {}, cwd: deep })).toBe(join(top, 'a', 'runbook.config.yml'));
  });

  test('a name that no file can have is a wrong argument, on one line', () => {
    const cwd = freshDirectory();
    symlinkSync('round', join(cwd, 'round'));
    for (const flag of ['x'.repeat(5000), '\n✓ Done\n'.repeat(600), 'round', 'a/../round']) {
      const error = errorOf(() => findConfig({ flag, env: {}, cwd }));
      expect([flag, error.kind]).toEqual([flag, 'usage']);
      expect(error.message.split('\n\n')[0]).not.toContain('\n');
    }
  });

  test('or the error shows the smallest one and where to write it', () => {
    const cwd = freshDirectory();
    const error = errorOf(() => findConfig({ env: {}, cwd }));
    expect(error.kind).toBe('usage');
    expect(error.message).toBe(
      `no runbook.config.yaml in ${cwd} or a directory above it

The smallest configuration:

  version: 1
  service:
    name: checkout-api
  environments:
    staging: {}`,
    );
    expect(error.next[0]).toBe(`write the lines above, with your service's name, to ${cwd}/runbook.config.yaml`);
  });

  test('a named file that is not there is an error that says who named it', () => {
    const cwd = freshDirectory();
    writeFileSync(join(cwd, 'runbook.config.yaml'), smallestConfig);
    expect(errorOf(() => findConfig({ flag: 'x.yaml', env: {}, cwd })).message).toContain(
      `${cwd}/x.yaml: no such file (named by --config)`,
    );
    expect(errorOf(() => findConfig({ env: { RB_CONFIG: 'x.yaml' }, cwd })).message).toContain('(named by RB_CONFIG)');
  });

  test('a directory is no configuration', () => {
    const cwd = freshDirectory();
    expect(errorOf(() => loadConfig(cwd)).message).toBe(`cannot read ${cwd}: it is a directory`);
  });
});

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 9; i += 1)
    lines.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  return lines.join('\n');
}
