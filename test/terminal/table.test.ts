import * as fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import type { Table } from '../../src/engine/finding.ts';
import { truncate, widthOf, wrap } from '../../src/terminal/layout.ts';
import { clean } from '../../src/terminal/sanitise.ts';
import { symbolsFor } from '../../src/terminal/symbols.ts';
import { renderTable } from '../../src/terminal/table.ts';
import { plain, spansOf } from '../../src/terminal/text.ts';
import { hunter2 } from './streams.ts';

const symbols = symbolsFor({});
const linesAt = (width: number, table: Table) => renderTable(table, { width, symbols, redactor: hunter2 }).map(plain);

const sessions: Table = {
  columns: [{ title: 'pid' }, { title: 'application' }, { title: 'state' }, { title: 'query' }],
  rows: [
    [4711, 'checkout', { text: 'idle', verdict: 'ok' }, 'SELECT 1'],
    [
      15,
      '支払いサービス 💳',
      { text: 'idle in transaction', verdict: 'critical' },
      'UPDATE orders SET state = $1, changed_at = now() WHERE customer = $2 AND state = $3 RETURNING id',
    ],
    [9, null, { text: 'cannot see', verdict: 'unknown' }, null],
  ],
};

describe('a table', () => {
  test('at 80 columns the widest column gives way', () => {
    expect(linesAt(80, sessions)).toEqual([
      ' pid  application        state                  query',
      '4711  checkout           ✓ idle                 SELECT 1',
      '  15  支払いサービス 💳  ✗ idle in transaction  UPDATE orders SET state = $1, c…',
      '   9  –                  ? cannot see           –',
    ]);
  });

  test('a name that is typed elsewhere stays whole as long as the others can be read', () => {
    const pods: Table = {
      columns: [{ title: 'Instance', whole: true }, { title: 'Health' }],
      rows: [['checkout-api-77cb46d9bd-x926t', { text: 'not ready, exit code 3 before', verdict: 'critical' }]],
    };
    expect(linesAt(50, pods)[1]).toBe('checkout-api-77cb46d9bd-x926t  ✗ not ready, exit…');
    expect(linesAt(36, pods)[1]).toBe('checkout-api-77cb46d9bd…  ✗ not rea…');
  });

  test('at 200 columns everything is there', () => {
    expect(linesAt(200, sessions)).toEqual([
      ' pid  application        state                  query',
      '4711  checkout           ✓ idle                 SELECT 1',
      '  15  支払いサービス 💳  ✗ idle in transaction  UPDATE orders SET state = $1, changed_at = now() WHERE customer = $2 AND state = $3 RETURNING id',
      '   9  –                  ? cannot see           –',
    ]);
  });

  test('verdicts have a style as well as a mark; the header is dim', () => {
    const [header, first] = renderTable(sessions, { width: 80, symbols, redactor: hunter2 });
    expect(
      spansOf(header ?? '')
        .filter(({ style }) => style !== undefined)
        .map(({ style }) => style),
    ).toEqual(['dim', 'dim', 'dim', 'dim']);
    expect(spansOf(first ?? '').find(({ style }) => style === 'ok')?.text).toMatch(/^✓ idle +$/);
  });

  test('in a locale without UTF-8 it is ASCII', () => {
    const ascii = { width: 30, symbols: symbolsFor({ LC_ALL: 'C' }), redactor: hunter2 };
    const table: Table = { columns: [{ title: 'a' }, { title: 'b' }], rows: [[{ text: 'up', verdict: 'ok' }, null]] };
    expect(renderTable(table, ascii).map(plain)).toEqual(['a     b', '+ up  -']);
  });

  test('a secret that does not fit is still recognised', () => {
    const table: Table = { columns: [{ title: 'url' }], rows: [['postgres://rb:hunter2@db']] };
    expect(linesAt(18, table)).toEqual(['url', 'postgres://rb:‹se…']);
  });

  test('a cell stays in its line and shows what it hides', () => {
    const table: Table = { columns: [{ title: 'name' }], rows: [['a\r\n\u001B[1Ab']] };
    expect(linesAt(80, table)).toEqual(['name', 'a␍␊␛[1Ab']);
  });

  test('fits into any width that leaves each column four columns, whatever is in it', () => {
    const cell = fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer(), fc.constant(null));
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell)), fc.integer({ min: 16, max: 200 }), (rows, width) => {
        const columns = [{ title: 'one' }, { title: 'two' }, { title: 'three' }];
        for (const line of linesAt(width, { columns, rows })) expect(widthOf(line)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('the width of text', () => {
  test('is what the terminal makes of it', () => {
    const texts = ['plain', '支払い', '💳👩‍👩‍👧🇩🇪', 'e\u0301', '1️⃣', 'ﾊﾟ', 'ก็', '한국어', '…│✓'];
    expect(texts.map(widthOf)).toEqual(texts.map((text) => stringWidth(text)));
  });

  // Two libraries that disagree about Yi, hexagrams and Indic vowel signs: so do terminals.
  test('is the same for string-width, in the scripts and signs that names and messages are written in', () => {
    const written =
      /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hebrew}\p{Script=Arabic}\u4E00-\u9FFF\uAC00-\uD7A3]|[[\p{Nd}\p{P}\p{S}]&&[\u0021-\u2BFF]]/v;
    const otherwise = /[\u232A\u2630-\u2637\u268A-\u268F\u261D\u26F9\u270C\u270D]/;
    const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(
      (character) => written.test(character) && !otherwise.test(character) && clean(character) === character,
    );
    expect(all.length).toBeGreaterThan(39_000);
    expect(all.filter((character) => widthOf(character) !== stringWidth(character))).toEqual([]);
  });

  test('cut or wrapped, it stays within the limit, and wrapping loses nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 4, max: 30 }), (raw, width) => {
        const text = clean(raw);
        expect(widthOf(truncate(text, width, '…'))).toBeLessThanOrEqual(width);
        const lines = wrap(text, width);
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });
});
