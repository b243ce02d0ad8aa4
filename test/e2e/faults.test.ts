import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chained, recordsIn, writeLines } from '../audit/forgery.ts';
import { newDirectory, newOperator, writeFiles } from './rig.ts';
import { ofType, outcome, results, trail } from './trail.ts';

const secret = 'hunter2-hunter2';
/** `restart` takes as long as the file beside it says, and notes that it was done. */
const fleet = `#!/usr/bin/env node
const fs = require('fs');
const [command] = process.argv.slice(2);
const place = (name) => require('path').join(__dirname, name);
if (command === 'list')
  console.log(JSON.stringify([{ id: 'a', state: 'running', startedAt: fs.readFileSync(place('started'), 'utf8') }]));
if (command === 'restart') {
  fs.writeFileSync(place('begun'), '');
  setTimeout(() => fs.writeFileSync(place('started'), new Date().toISOString()), 1500);
}
`;
const config = `version: 1
service: { name: checkout }
environments:
  staging:
    workload:
      provider: command
      instances: [./fleet.js, list]
      restartInstance:
        command: [./fleet.js, restart, '{{instance}}']
        environment: { TOKEN: '\${env:THE_TOKEN}' }
`;

/** What throws where nothing catches it, as soon as this condition holds. */
const thrown = (when: string, raise: string): string => `
import fs from 'node:fs';
const boom = () => Object.assign(new Error('boom ${secret} \\u001b[31m'), { stack: 'Error: boom\\n    at secretPlace (' + '${secret}' + ')' });
const timer = setInterval(() => {
  if (!(${when})) return;
  clearInterval(timer);
  ${raise};
}, 20);
timer.unref();
`;

const stage = (raise: string, when = (begun: string) => `fs.existsSync(${JSON.stringify(begun)})`) => {
  const directory = newDirectory();
  writeFiles(directory, { 'fleet.js': fleet, 'rb.yaml': config });
  writeFileSync(join(directory, 'started'), '2026-11-22T03:15:00.000Z');
  writeFileSync(join(directory, 'fault.mjs'), thrown(when(join(directory, 'begun')), raise));
  const operator = newOperator(join(directory, 'rb.yaml'), { THE_TOKEN: secret });
  return { operator, faulty: { env: { NODE_OPTIONS: `--import=${join(directory, 'fault.mjs')}` } } };
};

const ways: readonly (readonly [string, string])[] = [
  ['an error in a timer', 'throw boom()'],
  ['a rejection that no one waits for', 'void Promise.reject(boom())'],
  ['an error event that no one listens to', "new (await import('node:events')).EventEmitter().emit('error', boom())"],
  ['something that is not an error', `throw 'boom ${secret}'`],
].map(([name, raise]) => [name ?? '', raise?.includes('await') ? `void (async () => { ${raise} })()` : (raise ?? '')]);

describe.each(ways)('what nothing catches: %s', (_, raise) => {
  test('between an intent and its result ends with 7, and resume settles it', async () => {
    const { operator, faulty } = stage(raise);
    const ended = await operator.run('restart --instance a --yes --confirm checkout/staging', faulty);
    expect([ended.code, ended.stderr], ended.all).toEqual([
      7,
      expect.stringMatching(
        /rb: Internal error \(a bug in rb\): .*boom .*It is not known whether the change under way/,
      ),
    ]);
    expect(ended.stderr).toContain('rb resume 2');
    expect(ended.all).not.toMatch(/hunter2|\n\s+at |secretPlace|\u001b/);
    expect((await trail(operator)).at(-1)?.type).toBe('step.intent');
    const resumed = await operator.run('resume --yes --confirm checkout/staging');
    // Without a health check nothing tells that it serves: 5.
    expect(resumed.code, resumed.all).toBe(5);
    const events = await trail(operator);
    expect(results(events)).toContain('restart ok');
    expect(ofType(events, 'step.intent')).toHaveLength(1);
    expect(outcome(events)).toBe('unseen');
  });

  test('where nothing is changed ends with 1', async () => {
    const { operator, faulty } = stage(raise, () => 'true');
    const ended = await operator.run('restart status', { env: { ...faulty.env } });
    expect(ended.code, ended.all).toBe(1);
    expect(ended.stderr).toMatch(/rb: internal error \(a bug in rb\): .*boom/);
    expect(ended.all).not.toMatch(/\n\s+at |secretPlace|\u001b/);
  });
});

test('-v shows the stack, redacted', async () => {
  const { operator, faulty } = stage('throw boom()');
  const ended = await operator.run('-v restart --instance a --yes --confirm checkout/staging', faulty);
  expect(ended.code, ended.all).toBe(7);
  expect(ended.stderr).toContain('at secretPlace (‹secret:');
  expect(ended.all).not.toContain('hunter2');
});

test('with -o json it is a document', async () => {
  const { operator, faulty } = stage('throw boom()');
  const ended = await operator.run('restart --instance a --yes --confirm checkout/staging -o json', faulty);
  expect([ended.code, ended.json()]).toMatchObject([7, { error: { kind: 'unknown', next: [expect.any(String)] } }]);
});

const sh = (line: string) => newOperator(undefined).shell(line).ended;

describe('surroundings that are gone', () => {
  test('a reader that has closed its end', async () => {
    for (const line of ['rb --version | true', '(sleep 0.2; rb --version) | true', 'rb --help | true'])
      expect((await sh(line)).stderr).toBe('');
  });

  test('a directory that was removed', async () => {
    const ended = await sh('mkdir gone && cd gone && rmdir ../gone && rb health');
    expect([ended.code, ended.stderr]).toEqual([
      2,
      'rb: The current directory was removed.\n  next: cd to a directory that is there\n',
    ]);
  });
});

test('a command that reads ends with rb, however that ends', async () => {
  const { operator, faulty } = stage('throw boom()');
  const slow = join(operator.home, 'slow.js');
  const begun = join(operator.home, 'begun');
  writeFiles(operator.home, {
    'slow.js': `#!/usr/bin/env node\nrequire('fs').writeFileSync('${begun}', String(process.pid)); setTimeout(() => 0, 60000);`,
    'slow.yaml': `version: 1\nservice: { name: x }\nenvironments: { a: { workload: { provider: command, instances: [${slow}, list] } } }\n`,
    'fault.mjs': thrown(`fs.existsSync(${JSON.stringify(begun)})`, 'setTimeout(() => { throw boom(); }, 200)'),
  });
  const env = { ...faulty.env, NODE_OPTIONS: `--import=${join(operator.home, 'fault.mjs')}` };
  const ended = await newOperator(join(operator.home, 'slow.yaml')).run('restart status', { env });
  expect(ended.code, ended.all).toBe(1);
  const pid = Number(readFileSync(begun, 'utf8'));
  await expect
    .poll(() => existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '))
    .toBe(false);
});

test('resume does not go on with an input that the procedure does not take', async () => {
  const { operator, faulty } = stage('throw boom()');
  await operator.run('restart --instance a --yes --confirm checkout/staging', faulty);
  const [log = ''] = operator.auditFiles().filter((name) => name.endsWith('.jsonl'));
  const path = join(operator.auditDirectory, log);
  const records = recordsIn(path);
  const withInput = (input: unknown): readonly string[] =>
    chained(
      records.map((record, n) => (n === 0 ? { ...record, event: { ...(record['event'] as object), input } } : record)),
    );
  for (const input of [{}, { instance: 7 }, 'a', null]) {
    writeLines(path, withInput(input));
    const ended = await operator.run('resume --yes --confirm checkout/staging');
    expect([ended.code, ended.stderr], ended.all).toEqual([
      3,
      expect.stringMatching(/What the record has of ".*" is not what this version of rb declares/),
    ]);
  }
});
