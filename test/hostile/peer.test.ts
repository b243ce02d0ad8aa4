import { shortText } from '../../src/words/short-text.ts';
import { describe, expect, test } from 'vitest';
import { parseJson } from '../../src/clients/peer/json.ts';
import { limits } from '../../src/clients/peer/limits.ts';
import { count, fields, listOf, optional, time } from '../../src/clients/peer/shape.ts';

const took = (length: number): number => {
  const began = performance.now();
  expect(() => parseJson(`"${'\\'.repeat(length)}`)).toThrow('not JSON');
  expect(() => parseJson('""'.repeat(length / 2))).toThrow('not JSON');
  return performance.now() - began;
};

describe("a peer's JSON", () => {
  test.each(['{"a":[1,"]]]{{{",{"b":"\\"[["}]}', '"\\\\"', '[]', '17', `${'['.repeat(100)}${']'.repeat(100)}`])(
    'is parsed: %s',
    (text) => expect(parseJson(text)).toEqual(JSON.parse(text)),
  );

  test.each([
    ['not JSON', '{', 'answers with text that is not JSON'],
    ['not JSON, and a string without end', '"\\\\\\"', 'answers with text that is not JSON'],
    ['too deep', `${'['.repeat(101)}${']'.repeat(101)}`, 'more than 100 levels deep'],
    ['too deep behind a string', `["\\"",${'{"a":'.repeat(100)}0${'}'.repeat(100)}]`, 'more than 100 levels deep'],
    ['too deep and very long', `["${'x'.repeat(500_000)}",${'['.repeat(100)}`, 'more than 100 levels deep'],
    ['too many lists', `[${'[],'.repeat(300_000)}0]`, 'more than 250000 entries'],
  ])('that is %s is an error', (_, text, why) => expect(() => parseJson(text)).toThrow(why));

  test('of many quotes and backslashes takes time that grows with its length alone', () => {
    took(100_000);
    expect(took(2_000_000)).toBeLessThan(2000);
  });
});

test('a shape names the place that is not what it should be', () => {
  const shape = fields({ spec: fields({ items: listOf(fields({ count, at: optional(time) })) }) });
  expect(
    shape.misfit({ spec: { items: [{ count: 1 }, { count: 2, at: '2026-01-02T03:04:05Z', more: {} }] } }, ''),
  ).toBe(undefined);
  expect(shape.misfit({ spec: { items: [{ count: 1 }, { count: '2' }] } }, '')).toBe(
    'spec.items[1].count is "2", not a count',
  );
  expect(shape.misfit({ spec: { items: [{ count: 1, at: 'soon' }] } }, '')).toBe(
    'spec.items[0].at is "soon", not a time',
  );
  expect(shape.misfit(Object.create({ spec: {} }), '')).toBe('spec is missing, not an object');
});

test('a text is cut where it is too long, and not within a character', () => {
  expect(shortText('a'.repeat(limits.text))).toHaveLength(limits.text);
  expect(shortText(`${'a'.repeat(limits.text - 1)}🚀`)).toBe(
    `${'a'.repeat(limits.text - 1)}\uFFFD [1 characters cut off]`,
  );
});
