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
import { sourceFiles } from '../architecture/source-imports.ts';
import { haveTimeForPrograms } from '../patience.ts';

haveTimeForPrograms();

/*
 * What others wrote is read in a time that grows with its length. Every text is tried short, where what is quadratic takes many times as
 * long as what is not, and the worst of them with a megabyte. Measured in time of the processor, the best of several: a busy machine
 * does not matter.
 */

const megabyte = 1024 * 1024;

/** In milliseconds of this thread: on a busy machine the clock shows what the others do. */
const timeOf = (work: () => unknown): number => {
  const began = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(began);
  return (user + system) / 1000;
};
/** The best of three, where the first is not good enough: another process may have come in between. */
const bestOf = (work: () => unknown, enoughMs: number): number => {
  const first = timeOf(work);
  return first <= enoughMs ? first : Math.min(first, timeOf(work), timeOf(work));
};

/** A scan of a megabyte with a call for each character, in ms: what this machine takes for what is surely linear. */
const scanMs = bestOf(() => 'a'.repeat(megabyte).replaceAll(/./g, (one) => one), 0);

interface Limits {
  /** Where what is quadratic takes longer than `steepMs`. */
  readonly length: number;
  readonly steepMs: number;
  readonly megabyteMs: number;
}

/**
 * Which shapes of a text it is too slow for: the first that is steep, else the one that takes longest and the one that grows most, with a megabyte. Begins
 * small: what is cubic would not come to an end.
 */
const slowFor = <Shape>(
  shapes: readonly Shape[],
  run: (shape: Shape, length: number) => unknown,
  { length, steepMs, megabyteMs }: Limits,
): readonly { readonly shape: Shape; readonly why: string }[] => {
  const tried: { readonly shape: Shape; readonly ms: number; readonly growth: number }[] = [];
  for (const shape of shapes) {
    let [before, ms] = [0, 0];
    for (const n of [length / 256, length / 64, length / 16, length / 4, length]) {
      before = ms;
      ms = bestOf(() => run(shape, n), steepMs);
      // The others would take as long.
      if (ms > steepMs) return [{ shape, why: `steep, ${ms} ms for ${n}` }];
    }
    tried.push({ shape, ms, growth: ms / Math.max(before, 0.001) });
  }
  const worst = [tried.toSorted((a, b) => b.ms - a.ms)[0], tried.toSorted((a, b) => b.growth - a.growth)[0]];
  return [...new Set(worst)].flatMap((one) => {
    const ms = one ? bestOf(() => run(one.shape, megabyte), megabyteMs) : 0;
    return one && ms > megabyteMs ? [{ shape: one.shape, why: `${ms} ms for a megabyte` }] : [];
  });
};

type Pump = readonly [before: string, pump: string];
/** On a machine where the scan alone takes long, as much longer. */
const expressionMs = Math.max(100, 2 * scanMs);
const pumpsThatAreSlow = (expression: RegExp) =>
  slowFor<Pump>(
    pumpsFor(expression.source),
    ([before, pump], n) => `${before}${pump.repeat(Math.ceil(n / pump.length))}\u0001`.replace(expression, ''),
    { length: 8000, steepMs: 10, megabyteMs: expressionMs },
  );

const src = fileURLToPath(new URL('../../src', import.meta.url));

describe('each expression in src', () => {
  const all = sourceFiles(src).flatMap((file) =>
    expressionsIn(readFileSync(join(src, file), 'utf8')).map(({ pattern, flags }) => ({ file, pattern, flags })),
  );

  test('is found', () => {
    expect(all.length).toBeGreaterThan(100);
  });

  test('is linear, and takes less than 100 ms for a megabyte', { timeout: 600_000 }, () => {
    const slow = all.flatMap(({ file, pattern, flags }) =>
      pumpsThatAreSlow(new RegExp(pattern, flags.includes('g') ? flags : `${flags}g`)).map(
        ({ shape, why }) => `${file}: /${pattern}/ for ${JSON.stringify(shape)}: ${why}`,
      ),
    );
    expect(slow).toEqual([]);
  });

  test('would be found if it were not', () => {
    for (const quadratic of [/\/+$/g, /--?[\w.-]*pass[\w.-]*=/g, /(\w+)="[^"]*"/g])
      expect([quadratic.source, pumpsThatAreSlow(quadratic).length > 0]).toEqual([quadratic.source, true]);
  });
});

/** What an expression is made of: its own literals, a member of each class, and pairs of those. */
const pumpsFor = (pattern: string): readonly Pump[] => {
  const literals = pattern
    .replaceAll(/\\[dDwWsSbBpPux](?:\{[^}]*\}|[0-9a-fA-F]{2,4})?|\(\?[:=!<]*|\[(?:\\.|[^\]])*\]|\{\d+,?\d*\}/g, '\0')
    .replaceAll(/\\(.)/g, '$1')
    .split(/[\0()|*+?^$]+/)
    .filter((one) => one !== '' && one.length < 40);
  const characters = [...new Set(pattern.replaceAll(/\\[a-zA-Z]|[()[\]{}^$*+?|]/g, ''))].slice(0, 10);
  const atoms = [...new Set([...literals.slice(0, 10), ...characters, 'a', '0', ' ', '\n', '-', '.', '\\', '"', 'é'])];
  const first = literals[0] ?? '';
  const pairs = atoms.slice(0, 6).flatMap((one) => atoms.slice(0, 6).map((other) => one + other));
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

describe('a megabyte of what is worst', () => {
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

  // Most of them call something for each match, which may be every character; several of them, one after the other.
  const megabyteMs = Math.max(1000, 30 * scanMs);
  test.each(Object.entries(functions))('%s', { timeout: 600_000 }, (_, run) => {
    const slow = slowFor(shapes, ([, make], n) => run(make(n)), { length: 8000, steepMs: 50, megabyteMs });
    expect(slow.map(({ shape: [name], why }) => `${name}: ${why}`)).toEqual([]);
  });
});
