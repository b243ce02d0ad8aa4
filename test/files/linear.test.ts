import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';
import { describe, expect, test } from 'vitest';
import { plainText } from '../../src/audit/report/escape-markdown.ts';
import { unwrapped, unwrappedEncoded } from '../../src/config/secrets/line-wrap.ts';
import { createRedactor } from '../../src/config/secrets/redaction.ts';
import { passwordsIn, withoutPasswords } from '../../src/config/secrets/secret-keys.ts';
import { openKeyBlock, shapedSecrets } from '../../src/config/secrets/secret-shapes.ts';
import { shown } from '../../src/clients/process/shown.ts';
import { shownQuery } from '../../src/providers/database/postgres/query/query-text.ts';
import { readLine } from '../../src/providers/logs/line.ts';
import { shownArgument, withoutSecretArguments } from '../../src/providers/workload/shared/secret-arguments.ts';
import { truncate, wrap } from '../../src/terminal/layout.ts';
import { clean, cleanJson } from '../../src/terminal/sanitise.ts';
import { layer } from '../layers.ts';
import { sourceFiles } from '../architecture/source-imports.ts';
import { haveTimeForPrograms } from '../patience.ts';

haveTimeForPrograms();

/*
 * What others wrote is read in a time that grows with its length. A quadratic function takes four times as long for twice the text and
 * minutes for a megabyte; what is measured here is far from both, so that a busy machine does not matter.
 */

/** In milliseconds of this thread: on a busy machine the clock shows what the others do. */
const timeOf = (work: () => unknown): number => {
  const began = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(began);
  return (user + system) / 1000;
};

/** Below this nothing is worth a second look. */
const quickMs = 40;

const best = (work: () => unknown): number => Math.min(...[1, 2, 3].map(() => timeOf(work)));

/** Nothing linear takes this long for so short a text, on any machine: no need to measure it again and again. */
const surelySteepMs = 1000;

/** Whether it takes much more than twice as long for twice as much. Begins small: what is cubic would not come to an end. */
const isSteep = (run: (n: number) => unknown, most: number): boolean => {
  const grows = (n: number) =>
    best(() => run(n)) /
      Math.max(
        1,
        best(() => run(n / 2)),
      ) >
    3;
  for (let n = 500; n <= most; n *= 2)
    // Three times: another process may have come in between once.
    if (timeOf(() => run(n)) >= quickMs && (best(() => run(n)) >= surelySteepMs || [n, n, n].every(grows))) return true;
  return false;
};

const finds = (expression: RegExp) =>
  pumpsFor(expression.source).some(([before, pump]) =>
    isSteep((n) => `${before}${pump.repeat(Math.ceil(n / pump.length))}\u0001`.replace(expression, ''), 32_000),
  );

const src = fileURLToPath(new URL('../../src', import.meta.url));

describe('each expression in src', () => {
  const all = sourceFiles(src).flatMap((file) =>
    expressionsIn(readFileSync(join(src, file), 'utf8')).map(({ pattern, flags }) => ({ file, pattern, flags })),
  );

  test('is found', () => {
    expect(all.length).toBeGreaterThan(100);
  });

  test('is linear', { timeout: 600_000 }, () => {
    const steep = all.flatMap(({ file, pattern, flags }) => {
      const expression = new RegExp(pattern, flags.includes('g') ? flags : `${flags}g`);
      const worst = pumpsFor(pattern).find(([before, pump]) =>
        isSteep((n) => `${before}${pump.repeat(Math.ceil(n / pump.length))}\u0001`.replace(expression, ''), 32_000),
      );
      return worst ? [`${file}: /${pattern}/ for ${JSON.stringify(worst)}`] : [];
    });
    expect(steep).toEqual([]);
  });

  test('would be found if it were not', () => {
    for (const quadratic of [/\/+$/g, /--?[\w.-]*pass[\w.-]*=/g, /(\w+)="[^"]*"/g])
      expect([quadratic.source, finds(quadratic)]).toEqual([quadratic.source, true]);
  });
});

/** What an expression is made of: its own literals, a member of each class, and pairs of those. */
const pumpsFor = (pattern: string): readonly (readonly [string, string])[] => {
  const literals = pattern
    .replaceAll(/\\[dDwWsSbBpPux](?:\{[^}]*\}|[0-9a-fA-F]{2,4})?|\(\?[:=!<]*|\[(?:\\.|[^\]])*\]|\{\d+,?\d*\}/g, '\0')
    .replaceAll(/\\(.)/g, '$1')
    .split(/[\0()|*+?^$]+/)
    .filter((one) => one !== '' && one.length < 40);
  const characters = [...new Set(pattern.replaceAll(/\\[a-zA-Z]|[()[\]{}^$*+?|]/g, ''))].slice(0, 10);
  const atoms = [...new Set([...literals.slice(0, 10), ...characters, 'a', '0', ' ', '\n', '-', '.', '\\', '"', 'é'])];
  const first = literals[0] ?? '';
  const pairs = atoms.slice(0, 8).flatMap((one) => atoms.slice(0, 8).map((other) => one + other));
  return [
    ...atoms.map((atom) => ['', atom] as const),
    ...atoms.map((atom) => [first, atom] as const),
    ...pairs.map((pair) => ['', pair] as const),
  ];
};

function expressionsIn(text: string): readonly { readonly pattern: string; readonly flags: string }[] {
  const found: { pattern: string; flags: string }[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('regex' in node && typeof node.regex === 'object' && node.regex !== null) found.push(node.regex as never);
    for (const inner of Object.values(node)) visit(inner);
  };
  visit(parseAst(text, { lang: 'ts' }));
  return found;
}

describe('a text of what is worst, in the long layer a megabyte of it', () => {
  const redactor = createRedactor();
  redactor.add('pw', 'hunter2');
  redactor.add('odd', `a/'"&<>\\ a/b`);
  redactor.add('key', 'a/a/a/a/a/a/a/a/');
  const functions: Record<string, (text: string) => unknown> = {
    redact: redactor.redact,
    redactStream: (text) => {
      const stream = redactor.redactStream();
      for (let at = 0; at < text.length; at += 65_536) stream.write(text.slice(at, at + 65_536));
      return stream.end();
    },
    known: redactor.known,
    shapedSecrets,
    openKeyBlock,
    passwordsIn,
    withoutPasswords,
    unwrapped,
    unwrappedEncoded,
    clean,
    'clean lines': (text) => clean(text, { lines: true, tabs: true }),
    cleanJson,
    wrap: (text) => wrap(clean(text), 80),
    truncate: (text) => truncate(clean(text), 80, '…'),
    shown: (text) => shown([text]),
    shownQuery,
    withoutSecretArguments,
    shownArgument: (text) => shownArgument(text, text),
    // Lines of logs have 64 KiB at most.
    readLine: (text) => readLine(text.slice(0, 65_536), {}, new Date(0)),
    plainText,
  };
  const units = [
    '-pass-',
    '--token=',
    '--token "',
    'password=',
    "password='",
    '?sig=',
    'bearer ',
    'authorization: bearer ',
    '://',
    '://a:',
    '://a:b',
    '@ ://a:b ',
    'x://u:p@',
    '://a:/',
    '://:1',
    '://‹:',
    '-----BEGIN ',
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN A PRIVATE KEY-----\n-----END B',
    '-----END ',
    'eyJ',
    '-eyJ',
    'eyJaaaaaaaaa.',
    '-eyJ-eyJ-eyJ.',
    '.eyJ',
    'ghp_',
    'github_pat_',
    'xoxb-',
    'AKIA',
    'hooks.slack.com/services/',
    'a',
    ' ',
    '\n',
    '\\n',
    'a\n',
    '\r',
    "'",
    '"',
    "\\'",
    "''",
    '$a$',
    '$',
    '--',
    '/*',
    '/* */',
    "e'",
    '&',
    '=',
    'a=',
    'a="',
    'a="\\"',
    '\\',
    '@',
    '.',
    'a/',
    '/',
    '%25',
    '{{',
    '\u001B',
    '\u200D',
    '👩\u200D',
    'é',
    '\uD800',
    'hunter2',
    'hunter2\n',
    'www.',
    '一 ',
  ];
  const shapes: readonly (readonly [string, (n: number) => string])[] = units.flatMap((unit) => [
    [`${JSON.stringify(unit)}, again and again`, (n) => unit.repeat(Math.ceil(n / unit.length))] as const,
    [`${JSON.stringify(unit)}, then a long word`, (n) => `${unit}${'a'.repeat(n)}${unit}`] as const,
  ]);

  test.each(Object.entries(functions))('%s', { timeout: 600_000 }, (_, run) => {
    const slow = shapes.flatMap(([name, make]) => {
      const small = make(1024);
      run(small);
      if (isSteep((n) => run(make(n)), 16_000)) return [`${name}: steep`];
      if (layer !== 'long') return [];
      const ms = timeOf(() => run(make(1024 * 1024)));
      // Ten to a hundred times what it takes on an idle machine.
      return ms > 10_000 ? [`${name}: ${Math.round(ms)} ms`] : [];
    });
    expect(slow).toEqual([]);
  });
});
