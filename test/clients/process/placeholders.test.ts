import { describe, expect, test } from 'vitest';
import { fill } from '../../../src/clients/process/placeholders.ts';
import { shown } from '../../../src/clients/process/shown.ts';
import { execFileSync } from 'node:child_process';

describe('placeholders', () => {
  test('fill a whole argument or a part of one, and are never split', () => {
    expect(fill(['restart', '{{instance}}', 'unit@{{ instance }}.service'], { instance: 'a b;$(c)' })).toEqual([
      'restart',
      'a b;$(c)',
      'unit@a b;$(c).service',
    ]);
  });

  test('what they stand for is not filled again', () => {
    expect(fill(['{{a}}'], { a: '{{b}}', b: 'no' })).toEqual(['{{b}}']);
  });

  test('an unknown name is a mistake, and the message lists those there are', () => {
    expect(() => fill(['{{instanse}}'], { instance: 'x', count: '3' })).toThrow(
      expect.objectContaining({ kind: 'usage', message: expect.stringContaining('{{count}}, {{instance}}') as string }),
    );
    expect(() => fill(['{{constructor}}'], {})).toThrow(expect.objectContaining({ kind: 'usage' }));
  });

  test.each([['{{instance}}'], ['{{instance}}.service']])('a value may not turn %s into an option', (argument) => {
    expect(() => fill([argument], { instance: '--all' })).toThrow(expect.objectContaining({ kind: 'refused' }));
  });

  test('behind an option that was configured, a dash is part of the value', () => {
    expect(fill(['--name={{instance}}'], { instance: '-x' })).toEqual(['--name=-x']);
  });

  test('a NUL byte is refused', () => {
    expect(() => fill(['x{{a}}'], { a: 'b\0c' })).toThrow(expect.objectContaining({ kind: 'refused' }));
  });
});

test('an argument list as one would type it: a shell reads it back the same', () => {
  const argv = ['a b', "it's", '$HOME', '*', 'x\ny\t\u001b', '', 'back\\slash', 'plain-1.2_3=ok'];
  const back = execFileSync('bash', ['-c', `printf '%s\\0' ${shown(argv)}`], { encoding: 'utf8' });
  expect(back.split('\0').slice(0, -1)).toEqual(argv);
  expect(shown(['systemctl', 'restart', 'app@1'])).toBe('systemctl restart app@1');
});
