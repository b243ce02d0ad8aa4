import { join } from 'node:path';
import markdown from 'markdown-it';
import { describe, expect, test } from 'vitest';
import { newDirectory, newOperator, writeFiles } from './rig.ts';
import { keys } from './screen.ts';

/** What a log line, a version or an answer may hold to fool a terminal or the person at it. */
const attacks = {
  'clears the screen': '\u001B[2J\u001B[H',
  'sets the title': '\u001B]0;pwned\u0007',
  'writes to the clipboard': '\u001B]52;c;cHduZWQ=\u0007',
  'goes up a line': '\u001B[1A\u001B[2K',
  'is a C1 control': '\u009B31m',
  'writes over the line': '\rDone: all is well',
  'deletes to the left': '\b\b\b\b\b\b',
  'turns the writing direction': '\u202Eredro',
  hides: 'a\u200Bb',
  'begins a line': '\n✓ Restart checkout-2  all is well',
  'imitates the question': '\r\n▸ Do it? [y/N] y',
  'imitates the frame': '\n└───────\n',
  'closes a block of code': '\n```\n\n# You may go home\n\n```\n',
};
const hostile = `evil ${Object.values(attacks).join(' ')} end`;
// Everything of C0 but the line feed, C1, and what turns the writing direction.
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const active = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B\u202A-\u202E\u2066-\u2069]/;

/** Restarts only the first one; each restart is another minute of its start time. */
const restartProgram = `#!/bin/sh
cat hostile.txt; cat hostile.txt >&2
[ "$1" = app-1 ] || exit 3
n=$(($(cat count 2>/dev/null || echo 10) + 1)); echo $n > count
sed -i "s/T00:[0-9]*:/T00:$n:/" instances.json
`;

const place = (programs: Readonly<Record<string, string>> = {}) => {
  const directory = newDirectory();
  const instances = ['app-1', 'app-2'].map((id) => ({
    id,
    state: 'running',
    version: hostile,
    startedAt: '2026-01-01T00:00:00Z',
  }));
  writeFiles(directory, {
    'runbook.config.yaml': `
version: 1
service: { name: checkout }
environments:
  production:
    workload: { provider: command, instances: [./instances], status: [./say], restartInstance: [./restart, '{{instance}}'] }
    logs: { provider: file, path: app.log }
`,
    'hostile.txt': hostile,
    'instances.json': JSON.stringify(instances),
    'app.log': JSON.stringify({ ts: '2099-01-01T00:00:00Z', level: 'error', msg: hostile }),
    instances: '#!/bin/sh\ncat instances.json\n',
    say: '#!/bin/sh\ncat hostile.txt\n',
    restart: restartProgram,
    ...programs,
  });
  return newOperator(join(directory, 'runbook.config.yaml'));
};

const restart = 'restart --rolling --yes --confirm checkout/production -v';

describe('text from outside that would act on the terminal', () => {
  test('the check finds it', () => {
    for (const attack of Object.values(attacks)) expect(active.test(attack) || attack.includes('\n')).toBe(true);
    expect(hostile).toMatch(active);
    expect('✓ plain text\nof two lines').not.toMatch(active);
  });

  test.for(['restart status -v', restart, 'health -v', 'scale status', 'restart --rolling --dry-run'])(
    'rb %s',
    async (line) => {
      const operator = place();
      for (const format of ['text', 'json', 'ndjson']) {
        const run = await operator.run(`${line} -o ${format}`);
        expect(run.all).toContain('evil');
        expect(run.all).not.toMatch(active);
        if (format === 'text') expect(run.all).toContain('␛[2J');
      }
    },
  );

  test('on the screen nothing of it begins a line', async () => {
    const session = place().session(restart, { columns: 120 });
    await session.ended;
    const lines = session.screen().split('\n');
    expect(lines.filter((line) => /^(?:Done: all is well|✓ Restart checkout-2|▸ Do it|└)/.test(line))).toEqual([]);
    expect(session.bytes()).not.toContain('\u001B]0;');
    expect(session.bytes()).not.toContain('\u001B]52;');
    expect(session.bytes()).not.toContain('\u001B[2J');
    expect(session.screen()).toContain('␛]0;pwned');
  });

  test('it cannot imitate the question, or answer it', async () => {
    const session = place().session('restart --rolling', { columns: 120 });
    await session.shows('Type checkout/production to do it:');
    expect(session.screen().match(/^▸ /gm)).toHaveLength(1);
    expect(session.screen().match(/^└/gm)).toHaveLength(1);
    await session.answer(keys.enter);
    expect(await session.ended).toBe(4);
  });

  test('the audit log, what is shown of it, and the reports', async () => {
    const operator = place();
    await operator.run(restart);
    expect(operator.written()).toContain('evil');
    expect(operator.auditFiles().length).toBeGreaterThan(0);
    for (const line of [
      'audit show',
      'audit show -o json',
      'audit list',
      'audit report',
      'audit report --html',
      'audit verify',
    ]) {
      const shown = await operator.run(line);
      expect([line, shown.all.match(active)]).toEqual([line, null]);
    }
    const html = (await operator.run('audit report --html')).stdout;
    expect(html).toContain('evil');
    const tokens = markdown().parse((await operator.run('audit report')).stdout, {});
    const headings = tokens.flatMap(({ type }, at) => (type === 'heading_open' ? [tokens[at + 1]?.content] : []));
    expect(headings).toContain('Restart app-2');
    expect(headings).not.toContain('You may go home');
  });

  test('a reason with HTML and Markdown in it is text in the reports', async () => {
    const operator = place();
    const reason = '<script>alert(1)</script> [click](javascript:alert(1)) | **bold** `code`';
    await operator.run([...restart.split(' '), '--reason', reason]);
    const html = (await operator.run('audit report --html')).stdout;
    expect(html).not.toContain('<script>alert');
    expect(html).toMatch(/&(?:lt|#60);script&(?:gt|#62);alert\(1\)/);
    const markdown = (await operator.run('audit report')).stdout;
    expect(markdown).not.toMatch(/(?<!\\)\[click\]\(javascript/);
    expect(markdown).not.toMatch(/(?<![\\&])<script>/);
  });

  test('an instance whose name holds it is refused: exit code 3', async () => {
    const operator = place({ instances: `#!/bin/sh\nprintf 'app-1\\033[2J\\n'\n` });
    const run = await operator.run('restart status');
    expect([run.code, run.all.match(active)]).toEqual([3, null]);
    expect(run.all).toContain('a name begins with a letter or digit');
  });

  test('words on the command line come back harmless', async () => {
    const operator = place();
    for (const line of [
      ['restart', '--instance', hostile, '--yes'],
      [hostile],
      ['health', '-e', hostile],
      ['audit', 'show', hostile],
      ['open', hostile],
      ['-c', hostile, 'health'],
      ['health', '-o', hostile],
      ['restart', '--rolling', '--answer', hostile],
    ]) {
      const run = await operator.run(line);
      expect(run.code).toBeGreaterThan(0);
      expect([line[0], run.all.match(active)]).toEqual([line[0], null]);
    }
  });
});
