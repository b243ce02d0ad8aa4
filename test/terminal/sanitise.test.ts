import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clean, cleanJson } from '../../src/terminal/sanitise.ts';

describe('text from outside', () => {
  test.for([
    ['plain text stays', 'café 古 ✓ 👍🏽', 'café 古 ✓ 👍🏽'],
    ['a colour', '\u001B[31mred\u001B[0m', '␛[31mred␛[0m'],
    ['a window title', '\u001B]0;owned\u0007', '␛]0;owned␇'],
    ['the eight-bit forms', '\u009B2J\u0090q\u009C', '\\u{9b}2J\\u{90}q\\u{9c}'],
    ['overwriting a line', 'deleted\r\b\bkept', 'deleted␍␈␈kept'],
    ['a line of its own', 'a\nb\tc', 'a␊b␉c'],
    ['delete', 'a\u007Fb', 'a␡b'],
    [
      'right to left',
      'exe.\u202Efdp\u202C\u2066x\u2069\u200E\u200F',
      'exe.\\u{202e}fdp\\u{202c}\\u{2066}x\\u{2069}\\u{200e}\\u{200f}',
    ],
    ['no width', 'pro\u200Bd\u2060\uFEFF\u00AD', 'pro\\u{200b}d\\u{2060}\\u{feff}\\u{ad}'],
    ['invisible letters', 'a\u{E0061}\u3164', 'a\\u{e0061}\\u{3164}'],
    ['half a character', 'a\uD83Db', 'a\\u{d83d}b'],
    ['other line ends', 'a\u2028b\u2029c\u0085d', 'a\\u{2028}b\\u{2029}c\\u{85}d'],
    ['a family is one picture', '👩‍👩‍👧', '👩‍👩‍👧'],
    ['a joiner that joins nothing', 'pro\u200Dd', 'pro\\u{200d}d'],
  ] as const)('%s', ([, text, shown]) => {
    expect(clean(text)).toBe(shown);
  });

  test('no character is taken for harmless that acts or hides', () => {
    const acts = /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\u{FE0E}\u{FE0F}]]/v;
    const all = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));
    expect(all.filter((character) => (clean(character) === character) === acts.test(character))).toEqual([]);
  });

  test('lines and tabs stay where they are asked for, and nothing else', () => {
    expect(clean('a\r\nb\tc\rd', { lines: true, tabs: true })).toBe('a\nb\tc␍d');
    expect(clean('a\nb\tc', { lines: true })).toBe('a\nb␉c');
  });

  test('whatever it is, nothing is left that a terminal acts on, and cleaning again changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = clean(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069\u200B\u200E\u200F]/u);
        expect(clean(shown)).toBe(shown);
      }),
    );
  });

  test('JSON says the same with everything in it escaped', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = cleanJson(JSON.stringify({ text }, undefined, 2));
        expect(json.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]/u);
        expect(JSON.parse(json)).toEqual({ text });
      }),
    );
  });
});
