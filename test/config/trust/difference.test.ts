import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { textDifference } from '../../../src/config/trust/difference.ts';

test('equal texts have none', () => {
  expect(textDifference('a\nb\n', 'a\nb\n')).toEqual([]);
  expect(textDifference('', '')).toEqual([]);
});

test.for([
  ['a line more', 'a\nb\nc\n', 'a\nx\nb\nc\n', ['  a', '+ x', '  b', '  c']],
  ['a line less', 'a\nb\nc\n', 'a\nc\n', ['  a', '- b', '  c']],
  ['another line', 'a\nb\nc\n', 'a\nB\nc\n', ['  a', '- b', '+ B', '  c']],
  ['all of it', 'a', 'b', ['- a', '+ b']],
  [
    'two places far from each other',
    'a\n1\n2\n3\n4\n5\n6\nb\n',
    'A\n1\n2\n3\n4\n5\n6\nB\n',
    ['- a', '+ A', '  1', '  2', '...', '  5', '  6', '- b', '+ B'],
  ],
] as const)('%s', ([, before, after, lines]) => {
  expect(textDifference(before, after)).toEqual(lines);
});

const without = (all: readonly string[], some: readonly string[]) => {
  const left = all.toSorted();
  for (const one of some) left.splice(left.indexOf(one), 1);
  return left;
};

test('every line that is new or gone is shown', () => {
  const line = fc.constantFrom('a', 'b', 'c', 'd', '');
  const texts = fc.array(line, { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(texts, texts, (old, fresh) => {
      const shown = textDifference(`${old.join('\n')}\n`, `${fresh.join('\n')}\n`);
      const marked = (mark: string) => shown.filter((one) => one.startsWith(mark)).map((one) => one.slice(2));
      // Taking away what is gone from the one, and what is new from the other, leaves the same.
      expect(without(old, marked('- '))).toEqual(without(fresh, marked('+ ')));
    }),
  );
});

const long = (mark: string) => Array.from({ length: 3000 }, (_, index) => `${mark}${index}`).join('\n');

test('texts that are too long to be compared line by line are shown as a whole', () => {
  expect(textDifference(long('a'), long('b'))).toHaveLength(6000);
});
