import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keys } from './screen.ts';
import { newDirectory, newOperator, writeFiles } from './rig.ts';
import { leaks, spellings } from './spellings.ts';

/** One of each kind, with the characters that encodings care about. */
const secrets = {
  'of a variable': 'env/12+34 "Straße" %$&=?',
  'of a variable of a command': 'key;<56>|{78}~^`',
  'of a file': "file: p@ss/w+rd'x' ü9\\n",
  'of a secret manager': 'vault-90 #hash/and\\back',
  'in the URL of the service': 'literal-url-pw1',
  'in the URL of the database': 'literal-db-pw2',
  'written out as a token': 'literal-token-3',
  'after --password': 'literal-word-4',
  'the address of a webhook': 'https://hooks.slack.com/services/T0000/B0000/literalhook5',
};

const program = (text: string): string => `#!/bin/sh\n${text}\n`;
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** What the service's programs and answers give away: each secret in each of its spellings. */
const leaking = Object.values(secrets).map((secret) => `LEAK ${spellings(secret).join(' ')}`);
const leak = leaking.join('\n');

/** A program that gives away what it was started with. */
const itself = `printf 'LEAK %s\\n' "$*" "$API_KEY"`;

const instances = [
  { id: 'app-1', state: 'running', version: '1.0', startedAt: '2026-01-01T00:00:00Z' },
  { id: 'app-2', state: 'running', version: '1.0' },
];
/** What a session would have to record as it is. */
const leakingInstances = [
  { ...instances[0], version: `1.0 ${secrets['of a variable']}` },
  { id: `app-${secrets['written out as a token']}`, state: 'running', version: secrets['of a file'] },
];

/** One session at a time may change a service: each has a scope of its own. */
const configuration = (port: number): string => `
version: 1
lock: { scope: '${randomUUID()}' }
service: { name: checkout }
environments:
  production:
    url: 'http://monitor:${secrets['in the URL of the service']}@127.0.0.1:${String(port)}'
    health: { timeoutSeconds: 30 }
    workload:
      provider: command
      instances: [./instances, --token, '\${env:INSTANCES_TOKEN}']
      status: [./status, --password, ${secrets['after --password']}, '--header=\${command:./vault read}']
      restartInstance:
        command: [./restart, '{{instance}}', '\${file:secret.txt}', '\${env:INSTANCES_TOKEN}']
        environment: { API_KEY: '\${env:API_KEY}' }
    database: { url: 'postgresql://rb:${secrets['in the URL of the database']}@127.0.0.1:1/checkout' }
    logs: { provider: file, path: app.log }
notify:
  pagerduty: { token: ${secrets['written out as a token']}, routingKey: '\${env:NOT_USED}', service: PABC123 }
  slack: { webhook: '${secrets['the address of a webhook']}', channel: '#ops' }
`;

const logLine = (msg: string) => JSON.stringify({ ts: '2099-01-01T00:00:00Z', level: 'error', msg });

let directory = '';
let server: Server;
let address = 0;
beforeAll(async () => {
  server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: leak }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = (server.address() as AddressInfo).port;
  directory = newDirectory();
  writeFiles(directory, {
    'secret.txt': secrets['of a file'],
    'leak.txt': leak,
    'instances.json': JSON.stringify(instances),
    'leaking-instances.json': JSON.stringify(leakingInstances),
    'app.log': leaking.map(logLine).join('\n'),
    instances: program('cat instances.json'),
    'leaking-instances': program('cat leaking-instances.json'),
    status: program('cat leak.txt'),
    vault: program(`printf %s ${quoted(secrets['of a secret manager'])}`),
    restart: program(`cat leak.txt; ${itself}; cat leak.txt >&2; ${itself} >&2; exit 3`),
  });
});
afterAll(() => void server.close());

let configurations = 0;
const ownConfiguration = (change: (text: string) => string = (text) => text): string => {
  const name = `runbook-${String((configurations += 1))}.yaml`;
  writeFiles(directory, { [name]: change(configuration(address)) });
  return name;
};
const named = (text: string) => text.replace('./instances,', './leaking-instances,');

/** The caches are below the home directory too, so that they are searched as well. */
const newOne = (config = ownConfiguration()) => {
  const ada = newOperator(join(directory, config));
  return { ...ada, env: { ...env, XDG_CACHE_HOME: join(ada.home, 'cache') } };
};

const env = {
  INSTANCES_TOKEN: secrets['of a variable'],
  API_KEY: secrets['of a variable of a command'],
  NOT_USED: 'never-looked-at-6',
};
const everySecret = { ...secrets, 'that is not used': env.NOT_USED };

const restart = 'restart --rolling --yes --confirm checkout/production -v';

describe('the check itself', () => {
  test('finds each secret in each spelling in what the programs print', () => {
    for (const [name, secret] of Object.entries(secrets))
      for (const spelling of spellings(secret)) expect(leaks(spelling, { [name]: secret })).not.toEqual([]);
    for (const name of Object.keys(secrets)) expect(leaks(leak, secrets).join()).toContain(`${name} as `);
  });

  test('finds them where a line is broken in the middle', () => {
    const token = secrets['written out as a token'];
    expect(leaks(`│ ${token.slice(0, 5)}\n│      ${token.slice(5)}`, secrets)).toEqual([
      `written out as a token as ${token}`,
    ]);
  });

  test('the programs did print them', async () => {
    const ada = newOne();
    const ran = await ada.run(restart, ada);
    expect(ran.code).toBe(1);
    expect(ran.all).toContain('LEAK ‹secret:env:INSTANCES_TOKEN›');
    expect(ran.all).toContain('LEAK app-1 ‹secret:file:secret.txt› ‹secret:env:INSTANCES_TOKEN›');
    for (const name of ['env:API_KEY', 'file:secret.txt', 'command:./vault read', 'notify.pagerduty.token'])
      expect(ran.all).toContain(`‹secret:${name}›`);
  });
});

const commands = [
  `${restart} -o text`,
  `${restart} -o json`,
  `${restart} -o ndjson`,
  `${restart} --dry-run`,
  'restart status -v',
  'restart status -o json',
  'restart --emergency --confirm checkout/production -v',
  'health -v',
  'health -o json',
  'health -o ndjson',
  'health --watch --every 1s --for 1s -v',
  'scale status -v',
  'scale up --yes -v',
  'overview -v',
  'overview -o json',
  'open nothing',
  'config show',
  'config show -o json',
  'config check',
  'config check -o json',
];

describe.concurrent('a secret shows nowhere', () => {
  test.for(commands)('rb %s', async (line, { expect }) => {
    const ada = newOne();
    const run = await ada.run(line, ada);
    expect(leaks(run.all, everySecret)).toEqual([]);
    expect(leaks(ada.written(), everySecret)).toEqual([]);
    // On a terminal as narrow as they come, too.
    const narrow = await ada.run(line, { env: { ...ada.env, COLUMNS: '40' } });
    expect(leaks(narrow.all, everySecret)).toEqual([]);
  });

  test.for(commands)('nor where an instance is named like one: rb %s', async (line, { expect }) => {
    const ada = newOne(ownConfiguration(named));
    const run = await ada.run(line, ada);
    // It would be recorded as it is, so that a resumed session finds it: no session that changes anything.
    if (line.startsWith('restart --rolling'))
      expect([run.code, run.all]).toEqual([3, expect.stringContaining('stands in finding.data')]);
    expect(leaks(run.all, everySecret)).toEqual([]);
    expect(leaks(ada.written(), everySecret)).toEqual([]);
  });

  test('the audit log, what rb audit shows of it, and the reports', async ({ expect }) => {
    const ada = newOne();
    const reason = `because of ${secrets['written out as a token']}`;
    await ada.run([...restart.split(' '), '--reason', reason], ada);
    const log = ada.written();
    expect(log).toContain('step.intent');
    expect(log).toContain('‹secret:notify.pagerduty.token›');
    expect(leaks(log, everySecret)).toEqual([]);
    for (const line of [
      'list',
      'list -o json',
      'show',
      'show -v',
      'show -o json',
      'show -o ndjson',
      'verify',
      'report',
      'report --html',
    ]) {
      const shown = await ada.run(`audit ${line}`, ada);
      expect(shown.stdout).not.toBe('');
      expect([line, leaks(shown.all, everySecret)]).toEqual([line, []]);
    }
    const resumed = await ada.run('resume --yes -v', ada);
    expect(leaks(resumed.all, everySecret)).toEqual([]);
  });

  test('the question at a terminal, and what is typed at it', async ({ expect }) => {
    for (const columns of [60, 200]) {
      const session = newOne().session('restart --rolling -v', { env, columns });
      await session.shows('to do it:');
      await session.answer(`${secrets['written out as a token']}${keys.enter}`);
      expect(await session.ended).toBe(4);
      const before = session.screen().split('to do it:')[0] ?? '';
      expect(leaks(before, everySecret)).toEqual([]);
    }
  });
});

/** A service of its own programs in a directory below; returns its configuration. */
const withPrograms = (name: string, files: Readonly<Record<string, string>>): string => {
  writeFiles(join(directory, name), {
    'runbook.config.yaml': `
version: 1
lock: { scope: ${name} }
service: { name: checkout }
environments:
  production:
    url: http://127.0.0.1:1
    workload: { provider: command, instances: [./instances, '\${env:TOKEN}'], status: [./status], restartInstance: [./restart, '{{instance}}'] }
`,
    instances: program(`echo '${JSON.stringify(instances.slice(0, 1))}'`),
    status: program('echo fine'),
    restart: program('exit 1'),
    ...files,
  });
  return join(name, 'runbook.config.yaml');
};

describe.concurrent('half a secret shows nowhere either, where a long text is cut', () => {
  const token = 'Zq7XkW2mVb9RtY4uHs6JpL1n';
  const halves = (text: string): readonly string[] =>
    Array.from({ length: token.length - 5 }, (_, at) => token.slice(at, at + 6)).filter((part) => text.includes(part));

  test('the check finds half of it', ({ expect }) => {
    expect(halves(`...${token.slice(9)} and more`)).not.toEqual([]);
  });

  test('the last words of a command that fails', async ({ expect }) => {
    const found = await Promise.all(
      [480, 485, 490, 495].map(async (n) => {
        const name = `failing-${String(n)}`;
        const own = withPrograms(name, {
          restart: program(`printf '%s%s' '${token}' '${'y'.repeat(n)}' >&2; exit 1`),
        });
        const run = await newOne(own).run('restart --rolling --yes --confirm checkout/production', {
          env: { TOKEN: token },
        });
        return { code: run.code, halves: halves(run.all) };
      }),
    );
    expect(found.filter((one) => one.code !== 1 || one.halves.length > 0)).toEqual([]);
  });

  test('what the status command says', async ({ expect }) => {
    const found = await Promise.all(
      [170, 180, 190, 195].map(async (n) => {
        const own = withPrograms(`status-${String(n)}`, {
          status: program(`printf '%s%s' '${'y'.repeat(n)}' '${token}'`),
        });
        const run = await newOne(own).run('restart status -o json', { env: { TOKEN: token } });
        return { ran: run.stdout.includes('yyyy'), halves: halves(run.all) };
      }),
    );
    expect(found.filter((one) => !one.ran || one.halves.length > 0)).toEqual([]);
  });
});

describe.concurrent('an error does not repeat it', () => {
  const wrong: Record<string, (config: string) => string> = {
    'a secret where a list belongs': (config) =>
      config.replace(/instances: \[.*\]/, `instances: './instances --token ${secrets['after --password']}'`),
    'a token that is a list': (config) => config.replace(/token: (literal-token-3)/, 'token: [$1]'),
    'an address that is none': (config) => config.replace('postgresql://rb:', 'postgrsql//rb:'),
    'a text after a secret that is not closed': (config) => config.replace(/webhook: '(.*?)'/, `webhook: '$1`),
    'a secret as the environment': (config) =>
      `defaultEnvironment: ${secrets['in the URL of the database']}\n${config}`,
  };

  test.for(Object.entries(wrong))('%s', async ([name, change], { expect }) => {
    const file = `${name.replaceAll(' ', '-')}.yaml`;
    const right = configuration(1);
    const text = change(right);
    expect(text).not.toBe(right);
    writeFiles(directory, { [file]: text });
    for (const line of ['config check', 'restart status -v', 'config check -o json']) {
      const run = await newOne(file).run(line, { env });
      expect(run.code).toBe(2);
      expect(leaks(run.all, everySecret)).toEqual([]);
    }
  });

  test('a secret manager that fails with it on its lips', async ({ expect }) => {
    writeFiles(directory, {
      'failing.yaml': configuration(1).replace('./vault read', './failing-vault'),
      'failing-vault': program(`echo ${quoted(secrets['of a secret manager'])} | tee /dev/stderr; exit 1`),
    });
    const run = await newOne('failing.yaml').run('restart status -v', { env });
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining('failing-vault ended with exit code 1')]);
    expect(leaks(run.all, everySecret)).toEqual([]);
  });

  test('a secret on the command line of rb itself', async ({ expect }) => {
    const token = secrets['written out as a token'];
    const run = await newOne().run(['restart', '--instance', token, '--yes', '-v', '--ticket', token], { env });
    expect([run.code, run.stderr]).toEqual([3, expect.stringContaining('stands in input.')]);
    expect(leaks(run.all, everySecret)).toEqual([]);
  });
});
