import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { newDirectory, newOperator, writeFiles } from '../e2e/rig.ts';
import { attack, inTwos } from './attack.ts';
import { share } from './prove.ts';
import { hostileStrings } from './strings.ts';

/*
 * Hostile strings in every slot: what is typed, what the configuration says, what programs print, what logs hold. Nothing of them may be
 * executed, act on the terminal, or be a fault of the program.
 */

const directory = newDirectory();
const canary = join(directory, 'canary');

const { broken, held, end } = attack('hostile strings', canary);
afterAll(end);

const programs = {
  instances: '#!/bin/sh\ncat instances.json\n',
  say: '#!/bin/sh\ncat said.txt\n',
  // What it was given, as it was given.
  restart: `#!/bin/sh\nprintf '%s\\0' "$@" >>given\ncat said.txt; cat said.txt >&2; exit 3\n`,
};
const config = (logs = true) => `
version: 1
service: { name: checkout }
lock: { scope: '${directory}' }
environments:
  test:
    workload: { provider: command, instances: [./instances], status: [./say], restartInstance: [./restart, '{{instance}}'] }
${logs ? '    logs: { provider: file, path: app.log }' : ''}
`;

/** What is not text makes the whole listing unusable, so that most scenes keep to text. */
const scene = (strings: readonly string[], everywhere: boolean) => {
  const place = newDirectory();
  const instances = strings.map((text, n) => ({
    id: everywhere && n % 2 === 0 ? text : `app-${n}`,
    state: everywhere && n % 3 === 0 ? text : 'running',
    version: text,
    startedAt: everywhere && n % 5 === 0 ? text : '2026-01-01T00:00:00Z',
    [text]: text,
  }));
  writeFiles(place, {
    ...programs,
    'runbook.config.yaml': config(),
    'instances.json': JSON.stringify(instances),
    'said.txt': strings.join(' '),
    'app.log': strings
      .map((msg) => JSON.stringify({ ts: '2099-01-01T00:00:00Z', level: 'error', msg, [msg]: msg }))
      .join('\n'),
  });
  return { place, operator: newOperator(join(place, 'runbook.config.yaml')) };
};

describe('hostile strings', () => {
  test('in what programs and logs say', async () => {
    const each = 40;
    await inTwos([...Array(share(48, 2)).keys()], async (n) => {
      const strings = hostileStrings(1000 + n, each, canary);
      const { operator } = scene(strings, n % 8 === 7);
      for (const line of [
        'restart status -v',
        `restart status -o ${n % 2 === 0 ? 'json' : 'ndjson'}`,
        'restart --rolling --yes --confirm checkout/test -v',
        'audit show -v',
        'audit report',
      ])
        held(each, line, await operator.run(line));
    });
    expect(broken).toEqual([]);
  });

  test('in an argument: a program gets them as they were', async () => {
    const strings = hostileStrings(1, share(300, 8), canary).filter(
      (text) => !text.includes('\0') && text.isWellFormed(),
    );
    await inTwos(strings, async (text) => {
      const place = newDirectory();
      writeFiles(place, {
        ...programs,
        'runbook.config.yaml': config(false),
        'instances.json': JSON.stringify([{ id: text, state: 'running' }]),
        'said.txt': text,
      });
      const operator = newOperator(join(place, 'runbook.config.yaml'));
      held(
        1,
        '--instance',
        await operator.run([
          'restart',
          `--instance=${text}`,
          '--yes',
          '--confirm=checkout/test',
          '--reason',
          `r ${text}`,
        ]),
      );
      const given = existsSync(join(place, 'given')) ? readFileSync(join(place, 'given'), 'utf8') : undefined;
      if (given !== undefined && given !== `${text}\0`) broken.push(`--instance: given as ${JSON.stringify(given)}`);
    });
    expect(broken).toEqual([]);
  });

  test('in every other word of the command line', async () => {
    const place = newDirectory();
    writeFiles(place, { ...programs, 'runbook.config.yaml': config(false), 'instances.json': '[]', 'said.txt': '' });
    const operator = newOperator(join(place, 'runbook.config.yaml'));
    const slots: readonly ((text: string) => readonly string[])[] = [
      (text) => [text],
      (text) => ['restart', text],
      (text) => ['-e', text, 'overview'],
      (text) => ['-c', text, 'overview'],
      (text) => ['scale', 'to', text],
      (text) => ['restart', '--rolling', '--answer', text],
      (text) => ['restart', '--rolling', '--plan', text],
      (text) => ['restart', '--rolling', '--ticket', text, '--dry-run'],
      (text) => ['restart', '--rolling', '--confirm', text],
      (text) => ['restart', '--every', text],
      (text) => ['health', '-o', text],
      (text) => ['health', '--timeout', text],
      (text) => ['audit', 'show', text],
      (text) => ['audit', 'list', '--limit', text],
      (text) => ['resume', text],
      (text) => ['open', text],
      (text) => ['trust', text],
      (text) => ['db', 'terminate', text],
      (text) => ['db', 'kill-idle', '--user', text],
    ];
    const strings = hostileStrings(2, share(570, 19), canary).filter(
      (text) => !text.includes('\0') && text.isWellFormed(),
    );
    await inTwos([...strings.entries()], async ([n, text]) => {
      const slot = slots[n % slots.length];
      if (slot) held(1, slot('…').join(' '), await operator.run(slot(text)));
    });
    expect(broken).toEqual([]);
  });

  test('in a text of the configuration, the others as they should be', async () => {
    const plain = {
      service: 'checkout',
      key: 'purpose',
      purpose: 'shop',
      environment: 'test',
      url: 'https://example.org',
      program: './instances',
      argument: 'x',
      health: 'http://127.0.0.1:9/{{instance}}',
      database: 'postgresql://127.0.0.1:9/shop',
      path: 'app.log',
      scope: 'shop',
    };
    const written = (texts: typeof plain): string => {
      const quoted = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, JSON.stringify(text)]));
      return `
version: 1
service: { name: ${quoted['service']}, ${quoted['key']}: ${quoted['purpose']} }
lock: { scope: ${quoted['scope']} }
environments:
  ${quoted['environment']}:
    workload: { provider: command, instances: [${quoted['program']}, ${quoted['argument']}], restartInstance: [./restart, ${quoted['argument']}, '{{instance}}'], instanceHealth: ${quoted['health']} }
    database: { url: ${quoted['database']} }
    logs: { provider: file, path: ${quoted['path']} }
`;
    };
    const lines = [
      'config check',
      'config show',
      'overview',
      'restart status',
      'restart --rolling --yes --confirm checkout/test',
      'db connections',
    ];
    const slots = Object.keys(plain);
    // A configuration that the operator has named may run `${command:}`: that one that was found may not is another test's.
    const texts = hostileStrings(2, share(520, 26), canary).filter((text) => !text.includes('${command:'));
    await inTwos([...texts.entries()], async ([n, text]) => {
      const slot = slots[n % slots.length] ?? '';
      const place = newDirectory();
      writeFiles(place, {
        ...programs,
        'runbook.config.yaml': written({ ...plain, [slot]: text }),
        'instances.json': JSON.stringify([{ id: 'app-1', state: 'running' }]),
        'said.txt': text,
      });
      const operator = newOperator(join(place, 'runbook.config.yaml'));
      for (const line of [0, 1].map((k) => lines[(n + k * 3) % lines.length] ?? ''))
        held(1, `${slot}: ${line}`, await operator.run(line, { cwd: place }));
    });
    expect(broken).toEqual([]);
  });
});
