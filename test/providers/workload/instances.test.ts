import { describe, expect, test } from 'vitest';
import { parseInstances, startTime } from '../../../src/providers/workload/command/instances.ts';

describe('what the instances command may print', () => {
  test.each([
    ['one name a line', 'app-1\napp-2\n'],
    ['names with Windows line ends and empty lines', '\r\napp-1\r\n\r\napp-2\r\n'],
    ['a JSON array of names', '["app-1", "app-2"]'],
    ['a JSON array of objects', '[{"id": "app-1"}, {"name": "app-2"}]'],
    ['a JSON array over several lines', '[\n  {"id": "app-1"},\n  {"id": "app-2"}\n]\n'],
    ['one JSON object a line', '{"id": "app-1"}\n{"id": "app-2"}\n'],
  ])('%s', (_, output) => {
    expect(parseInstances(output).map(({ id }) => id)).toEqual(['app-1', 'app-2']);
  });

  test('nothing means no instances', () => {
    expect(parseInstances('\n')).toEqual([]);
  });

  test('app-2 comes before app-10', () => {
    expect(parseInstances('app-10\napp-2').map(({ id }) => id)).toEqual(['app-2', 'app-10']);
  });

  test('the words of several platforms for the same state', () => {
    const states = ['online', 'exited', 'draining', 'activating', 'purple'].map((state, i) => ({ id: `a${i}`, state }));
    expect(parseInstances(JSON.stringify(states)).map(({ state }) => state)).toEqual([
      'running',
      'stopped',
      'stopping',
      'starting',
      'unknown',
    ]);
  });

  test.each([
    ['an option', '--all'],
    ['a terminal escape', '\u001b[2Japp-1'],
    ['a line of a table', 'app-1   running   3 h'],
    ['text that is shown backwards', 'app\u202e1'],
    ['an option in JSON', '[{"id": "-rf"}]'],
    ['a control character in JSON', '[{"id": "a\\u0007b"}]'],
  ])('%s is refused as a name', (_, output) => {
    expect(() => parseInstances(output)).toThrow(expect.objectContaining({ kind: 'refused' }));
  });

  test.each([
    ['the same name twice', 'app-1\napp-1'],
    ['an object without an id', '[{"state": "running"}]'],
    ['broken JSON', '[{"id": '],
    ['a number', '[1]'],
  ])('%s is a mistake of the configuration', (_, output) => {
    expect(() => parseInstances(output)).toThrow(expect.objectContaining({ kind: 'usage' }));
  });
});

test('a start time keeps the precision that it was given with', () => {
  expect(startTime('2026-11-22T14:00:00.123456789Z')).toBe('2026-11-22T14:00:00.123456789Z');
  expect(startTime(1_700_000_000)).toBe('2023-11-14T22:13:20.000Z');
  expect(startTime('1700000000123')).toBe('2023-11-14T22:13:20.123Z');
  expect(startTime('soon')).toBeUndefined();
  expect(startTime(0)).toBeUndefined();
});
