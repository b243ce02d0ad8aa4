import { describe, expect, test } from 'vitest';
import { planCard } from '../../src/terminal/session/card.ts';
import { symbolsFor } from '../../src/terminal/symbols.ts';
import { plain, spansOf } from '../../src/terminal/text.ts';
import { production, requestFor, restartOf } from './session.ts';
import { hunter2 } from './streams.ts';

const layout = { width: 80, symbols: symbolsFor({}), redactor: hunter2 };
const many = Array.from({ length: 23 }, (_, index) => restartOf(`app-${index + 1}`));

test('says why the tier is higher than usual; long texts are broken inside the frame', () => {
  const request = {
    ...requestFor(production, [restartOf('app-1')]),
    tier: 'destructive' as const,
    raisedBy: ['3 of 3 instances at once', 'outside the off-peak window (02:00 to 05:00 Europe/Berlin, it is 14:05)'],
    blastRadius: [
      `terminates 7 sessions on prod-db-2, the oldest of them open for 3 h, ${'and more '.repeat(5)}`.trim(),
    ],
  };
  expect(planCard(request, layout).map(plain)).toEqual([
    '┌─ Restart each instance ───────────────────────────────────────────────────────',
    '│ checkout-api / production  PROTECTED ENVIRONMENT',
    '│',
    '│ What      restart 1 instances, one after another',
    '│            1. restart app-1 (version 1.4.0, up 3 h)',
    '│ Target    command: app-1 (host ops-1)',
    '│ Affects   terminates 7 sessions on prod-db-2, the oldest of them open for 3 h,',
    '│           and more and more and more and more and more',
    '│ Commands  $ ./sandbox/bin/restart app-1',
    '│ Undo      not needed: the same version starts again',
    '│ Risk      destructive (tier 3)',
    '│           raised: 3 of 3 instances at once',
    '│           raised: outside the off-peak window (02:00 to 05:00 Europe/Berlin,',
    '│                   it is 14:05)',
    '└───────────────────────────────────────────────────────────────────────────────',
  ]);
});

test('a protected environment and the risk stand out', () => {
  const styles = planCard(requestFor(production, [restartOf('app-1')]), layout).flatMap(spansOf);
  expect(styles).toContainEqual({ text: 'production', style: 'critical' });
  expect(styles).toContainEqual({ text: 'PROTECTED ENVIRONMENT', style: 'warn' });
  expect(styles).toContainEqual({ text: 'disruptive (tier 2)', style: 'warn' });
});

test('more changes than can be read are counted, and it says where they all are', () => {
  const lines = planCard(requestFor(production, many), layout).map(plain);
  expect(lines).toContain('│           20. restart app-20 (version 1.4.0, up 3 h)');
  expect(lines).toContain('│           and 3 more: --dry-run --output json lists them all');
  expect(lines.some((line) => line.includes('app-21'))).toBe(false);
});

test('where its beginning has scrolled away, the end says once more what it is about', () => {
  const request = requestFor(production, many);
  const whole = planCard(request, layout);
  const fits = planCard(request, { ...layout, rows: whole.length + 1 });
  expect(fits).toEqual(whole);
  const short = planCard(request, { ...layout, rows: 24 }).map(plain);
  expect(short.slice(0, whole.length - 1)).toEqual(whole.slice(0, -1).map(plain));
  expect(short.slice(-5)).toEqual([
    '│ Risk      disruptive (tier 2)',
    '│',
    '│ checkout-api / production  PROTECTED ENVIRONMENT',
    '│ restart 23 instances, one after another',
    whole.map(plain).at(-1),
  ]);
});

describe('what would be different', () => {
  const change = {
    ...restartOf('app-1'),
    difference: ['  containers:', '-   image: shop:1.4', '+   image: shop:1.5'],
  };

  test('stands between the blast radius and the commands, coloured, and marked where there are no colours', () => {
    const card = planCard(requestFor(production, [change]), layout);
    const at = card.findIndex((line) => plain(line).startsWith('│ Changes'));
    expect(card.slice(at, at + 4).map(plain)).toEqual([
      '│ Changes     containers:',
      '│           -   image: shop:1.4',
      '│           +   image: shop:1.5',
      '│ Commands  $ ./sandbox/bin/restart app-1',
    ]);
    expect(card.flatMap(spansOf)).toEqual(
      expect.arrayContaining([
        { text: 'containers:', style: 'dim' },
        { text: 'image: shop:1.4', style: 'critical' },
        { text: 'image: shop:1.5', style: 'ok' },
      ]),
    );
  });

  test('is cut after what can be read, and it says where the rest is', () => {
    const long = { ...change, difference: Array.from({ length: 26 }, (_, index) => `+ line ${index + 1}`) };
    const lines = planCard(requestFor(production, [long]), layout).map(plain);
    expect(lines).toContain('│           + line 20');
    expect(lines).toContain('│           and 6 more lines: --dry-run --output json lists them all');
    expect(lines.some((line) => line.includes('line 21'))).toBe(false);
  });

  test('cannot imitate the frame or reach the terminal, and its long lines stay in the frame', () => {
    const hostile = { ...change, difference: [`+ \u001B[31m${'y'.repeat(100)}\n▸ Do it? [y/N] y`] };
    const lines = planCard(requestFor(production, [hostile]), layout).map(plain);
    expect(lines.every((line) => /^[┌│└]/.test(line) && line.length <= 80)).toBe(true);
    expect(lines.join('')).not.toContain('\u001B');
  });
});

test('every line fits at 80 and at 200 columns, and secrets are gone before it is broken', () => {
  const change = { ...restartOf('app-1'), equivalent: [`psql ${'x'.repeat(58)} hunter2 ${'y'.repeat(300)}`] };
  for (const width of [80, 200]) {
    const lines = planCard(requestFor(production, [change]), { ...layout, width }).map(plain);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(lines.join('')).not.toContain('hunter2');
  }
});
