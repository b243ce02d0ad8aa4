import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newDirectory, newOperator, writeFiles } from './rig.ts';
import { keys } from './screen.ts';

const smallest = `version: 1
service: { name: checkout }
environments:
  staging:
    url: http://127.0.0.1:1
  production:
    url: http://127.0.0.1:1
    workload:
      provider: command
      instances: [./instances]
      restartInstance: [./restart, '{{instance}}']
defaultEnvironment: staging
`;

/** Somebody with this configuration, and programs that do nothing. */
const having = (config: string, programs: Readonly<Record<string, string>> = {}) => {
  const directory = newDirectory();
  writeFiles(directory, {
    'runbook.config.yaml': config,
    instances: '#!/bin/sh\necho app-1\n',
    restart: '#!/bin/sh\n',
    ...programs,
  });
  return { ...newOperator(join(directory, 'runbook.config.yaml')), directory };
};

const stackTrace = /\n\s+at .+[:(]\d+/;

/** One line of the manual: what is typed, and what is said. Always exit code 2, on standard error, without a stack trace. */
const says = async (config: string, line: string, ...said: readonly RegExp[]) => {
  const run = await having(config).run(line);
  for (const words of said) expect(run.stderr).toMatch(words);
  expect(run.stdout).toBe('');
  expect(run.all).not.toMatch(stackTrace);
  expect(run.code).toBe(2);
};

describe('a word that rb does not know', () => {
  test.for([
    ['restrat', /unknown command 'restrat'. Did you mean restart\?/],
    ['helth', /Did you mean health\?/],
    ['scale upp', /Did you mean up\?/],
    ['restart stats', /Did you mean status\?|unknown command 'stats'|too many arguments/],
    ['audit lst', /Did you mean list\?/],
    ['config chek', /Did you mean check\?/],
    ['restart --roling', /unknown option '--roling'. Did you mean --rolling\?/],
    ['health --wach', /Did you mean --watch\?/],
    ['restart --rolling --dryrun', /Did you mean --dry-run\?/],
    ['xyzzy', /unknown command 'xyzzy'/],
    ['restart --rolling extra', /too many arguments|unknown command/],
  ] as const)('rb %s', async ([line, said]) => {
    await says(smallest, line, said, /rb .*--help/);
  });
});

describe('a flag without sense', () => {
  test.for([
    ['restart', /Say what to restart/],
    ['restart --rolling --emergency', /exclude one another/],
    ['restart --rolling --batch zero -e production', /batch/],
    ['restart --rolling --batch 0 -e production', /batch/],
    ['restart --rolling --batch 1.5 -e production', /batch/],
    ['health -o xml', /--output xml: expected text, json, ndjson/],
    ['health --timeout soon', /--timeout.*30s/],
    ['health --watch --every 5', /--every: expected a duration such as 30s.*found "5"/],
    ['scale to lots', /"lots" is not a number of instances/],
    ['scale to', /missing required argument/],
    ['scale up -2', /unknown option|not a number/],
    ['health -c', /argument missing/],
    ['health --answer nonsense', /expected <step>=<value>/],
    ['audit list --limit 0', /--limit 0: expected a whole number above 0/],
    ['audit show ../../etc/passwd', /is not the id of a session/],
    ['audit show', /There is no session in .* yet/],
    ['resume', /There is no interrupted session of \w+\/\w+ to resume/],
    ['open nowhere', /There is no "nowhere"/],
  ] as const)('rb %s', async ([line, said]) => {
    await says(smallest, line, said);
  });
});

describe('an environment', () => {
  test('that does not exist: those that do are listed', async () => {
    await says(
      smallest,
      'health -e prodution',
      /no environment "?prodution"?/,
      /staging, production/,
      /did you mean "?production/i,
    );
  });

  test('without a workload: what to add is shown', async () => {
    await says(smallest, 'restart status', /workload/, /runbook\.config\.yaml/);
    await says(smallest, 'restart --rolling --yes', /workload/);
  });

  test('that is not said, where there are several: none is guessed', async () => {
    await says(smallest.replace('defaultEnvironment: staging\n', ''), 'health', /staging/, /production/, /-e|--env/);
  });
});

describe('a configuration', () => {
  test.for([
    ['that is no YAML', `${smallest}  bad: [1, 2\n`, /runbook\.config\.yaml:\d+:\d+ /],
    ['with a tab', smallest.replace('    url:', '\turl:'), /runbook\.config\.yaml:\d+:\d+ .*tab/i],
    ['with a key twice', `${smallest}version: 1\n`, /runbook\.config\.yaml:13:1 /],
    [
      'with an unknown key',
      smallest.replace('    workload:', '    worklod:'),
      /runbook\.config\.yaml:8:5 {2}environments\.production\.worklod {2}unknown key; did you mean "workload"\?/,
    ],
    [
      'of the future',
      smallest.replace('version: 1', 'version: 2'),
      /runbook\.config\.yaml:1:10 {2}version {2}expected 1, found 2/,
    ],
    ['that is empty', '', /is empty/],
    ['that is a list', '- a\n- b\n', /expected a mapping/],
  ] as const)('%s: named with line and column, exit code 2', async ([, text, said]) => {
    await says(text, 'config check', said);
    await says(text, 'health', said);
    await says(text, 'restart --rolling --yes -e production', said);
  });

  test('with several problems names all of them at once, in the order of the file', async () => {
    const text = smallest
      .replace('version: 1', 'version: one')
      .replace('url: http', 'url: ftp')
      .replace('provider: command', 'provider: comand');
    const run = await having(text).run('config check');
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('3 problems');
    expect(run.stderr).toMatch(
      /:1:10 {2}version .*\n.*:5:10 {2}environments\.staging\.url .*\n.*environments\.production\.workload\.provider/,
    );
    expect(run.stderr).toContain('did you mean "command"?');
  });

  test('for programs: the same as JSON on standard output', async () => {
    const run = await having(smallest.replace('version: 1', 'version: one')).run('config check -o json');
    expect(run.code).toBe(2);
    expect(run.json()).toMatchObject({
      error: { kind: 'usage', message: expect.stringContaining('version') as string },
    });
  });

  test('with a command that cannot be run: rb config check says which and why', async () => {
    const ada = having(smallest.replace("[./restart, '{{instance}}']", "[./gone, '{{instance}}', '{{instanc}}']"));
    chmodSync(join(ada.directory, 'instances'), 0o644);
    const checked = await ada.run('config check');
    expect(checked.code).toBe(2);
    expect(checked.all).toMatch(/runbook\.config\.yaml:10:\d+ .*instances.*not executable/);
    expect(checked.all).toMatch(/runbook\.config\.yaml:11:\d+ .*restartInstance.*gone/);
    expect(checked.all).toMatch(/\{\{instanc\}\}.*did you mean "instance"/);
    expect(checked.all).not.toMatch(stackTrace);
    const used = await ada.run('restart status -e production');
    expect([used.code, used.stderr]).toEqual([2, expect.stringMatching(/instances: it is not executable/)]);
  });

  test('that is right', async () => {
    const checked = await having(smallest).run('config check');
    expect([checked.code, checked.all]).toEqual([0, expect.stringContaining('0 errors, 0 warnings')]);
  });

  test('that is not there: every command shows the smallest one', async () => {
    const empty = newDirectory();
    const ada = newOperator(undefined);
    for (const line of [
      'health',
      'restart --rolling --yes',
      'config check',
      'overview',
      'scale status',
      'config show',
    ]) {
      const run = await ada.run(line, { cwd: empty });
      expect([line, run.code, run.stdout]).toEqual([line, 2, '']);
      expect(run.stderr).toContain('The smallest configuration:');
      expect(run.stderr).toMatch(/version: 1\n.*service:/);
      expect(run.stderr).not.toMatch(stackTrace);
    }
  });

  test('the smallest one that it shows is one', async () => {
    const shown = await newOperator(undefined).run('health', { cwd: newDirectory() });
    const lines = shown.stderr.split('\n');
    const from = lines.findIndex((line) => line.includes('The smallest configuration:'));
    const text = lines
      .slice(from + 1)
      .filter((line) => line.startsWith('  ') && !line.includes('next:'))
      .map((line) => line.slice(2))
      .join('\n');
    const checked = await having(text).run('config check');
    expect(checked.code, checked.all).toBe(0);
  });

  test('that -c or RB_CONFIG names and that is not there', async () => {
    const ada = newOperator(undefined);
    const cwd = newDirectory();
    const flag = await ada.run('-c nowhere.yaml health', { cwd });
    expect([flag.code, flag.stderr]).toEqual([
      2,
      expect.stringContaining(`${cwd}/nowhere.yaml: no such file (named by --config)`),
    ]);
    const variable = await ada.run('health', { cwd, env: { RB_CONFIG: 'gone.yaml' } });
    expect([variable.code, variable.stderr]).toEqual([2, expect.stringContaining('(named by RB_CONFIG)')]);
  });

  test('is found above the current directory, and by RB_CONFIG', async () => {
    const { directory } = having(smallest);
    writeFiles(directory, { 'deep/down/here.txt': '' });
    const ada = newOperator(undefined);
    expect((await ada.run('config check', { cwd: join(directory, 'deep', 'down') })).code).toBe(0);
    expect((await ada.run('config check', { env: { RB_CONFIG: join(directory, 'runbook.config.yaml') } })).code).toBe(
      0,
    );
  });

  test('that refers to a variable which is not set names it, when it is used and not before', async () => {
    const text = smallest.replace('[./instances]', "[./instances, '${env:CHECKOUT_TOKEN}']");
    await says(
      text,
      'restart status -e production',
      /CHECKOUT_TOKEN is not set/,
      /environments\.production\.workload\.instances\[1\]/,
    );
    await says(text, 'restart --rolling --yes -e production', /CHECKOUT_TOKEN is not set/);
    const unused = await having(text).run('config show');
    expect([unused.code, unused.stdout]).toEqual([0, expect.stringContaining('${env:CHECKOUT_TOKEN}')]);
    const set = await having(text).run('restart status -e production', { env: { CHECKOUT_TOKEN: 'abc-123' } });
    expect(set.stderr).not.toContain('not set');
  });
});

describe('what the service’s programs print', () => {
  test.for([
    ['an error', 'echo no route to host >&2; exit 1', 5, /exit code 1: no route to host/],
    ['broken JSON', `echo '[{"id":'`, 2, /the instances command printed JSON that cannot be read/],
    ['JSON of another kind', `echo '[{"pod": 1}]'`, 2, /an instance without an id/],
    ['a name twice', 'echo app-1; echo app-1', 2, /names app-1 twice/],
    ['a name that would be an option', 'echo --force', 3, /"--force": a name begins with a letter or digit/],
    ['a name for a shell', `echo 'a;$(touch pwned)'`, 3, /a name begins with a letter or digit/],
    ['nothing', 'true', 6, /none is listed/],
  ] as const)('%s: a sentence and not a stack trace', async ([, script, code, said]) => {
    const ada = having(smallest, { instances: `#!/bin/sh\n${script}\n` });
    const status = await ada.run('restart status -e production');
    expect([status.code, status.all]).toEqual([code, expect.stringMatching(said)]);
    expect(status.all).not.toMatch(stackTrace);
    const restart = await ada.run('restart --rolling --yes --confirm checkout/production -e production');
    expect(restart.all).not.toMatch(/internal error/i);
    expect(restart.all).not.toContain('Done');
    expect(restart.code).not.toBe(0);
  });

  test('names alone are enough to look; what cannot be seen is said, and is not "down"', async () => {
    const status = await having(smallest).run('restart status -e production');
    expect(status.code).toBe(5);
    expect(status.stdout).toContain(': cannot see its health; 0 of 1 instances healthy');
    expect(status.stdout).not.toContain('not running');
  });
});

describe('rb alone', () => {
  test('without a terminal it prints the help: exit code 0', async () => {
    const run = await having(smallest).run('');
    expect([run.code, run.stderr]).toEqual([0, '']);
    for (const words of ['Examples:', 'restart', 'health', 'audit', '--dry-run']) expect(run.stdout).toContain(words);
    expect(run.stdout.indexOf('Examples:')).toBeLessThan(run.stdout.indexOf('Usage:'));
  });

  test.for(['--help', 'help', 'help restart', 'restart --help', 'scale up --help', 'audit report --help'])(
    'rb %s: on standard output, exit code 0',
    async (line) => {
      const run = await newOperator(undefined).run(line, { cwd: newDirectory() });
      expect([run.code, run.stderr]).toEqual([0, '']);
      expect(run.stdout).toContain('Usage:');
    },
  );

  test.for(['--version', '-V'])('rb %s', async (line) => {
    const run = await newOperator(undefined).run(line);
    expect([run.code, run.stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  });

  test('a menu with a broken configuration: the choice says what is wrong', async () => {
    const session = having(smallest.replace('version: 1', 'version: one')).session('');
    await session.shows('Health check');
    await session.answer('health check');
    await session.shows('▸ 4    Health check');
    session.type(keys.enter);
    expect(await session.ended).toBe(2);
    expect(session.screen()).toMatch(/:1:10 {2}version/);
  });
});
