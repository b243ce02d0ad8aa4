import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { layers } from '../layers.ts';
import { importsIn } from './source-imports.ts';

const top = fileURLToPath(new URL('../..', import.meta.url));
const tests = (patterns: readonly string[]) => globSync([...patterns], { cwd: top });

/** The files that a test reaches by its imports, other than types. */
const reachedBy = (file: string, reached = new Set<string>()): ReadonlySet<string> => {
  if (reached.has(file)) return reached;
  reached.add(file);
  for (const { to, how } of importsIn(file, readFileSync(join(top, file), 'utf8')))
    if (how !== 'type' && to.startsWith('test/')) reachedBy(to, reached);
    else if (how !== 'type') reached.add(to);
  return reached;
};

describe('the layers of the tests', () => {
  it.each(Object.values(layers).flatMap(({ include }) => include))('%s is the name of something', (pattern) => {
    expect(tests([pattern])).not.toEqual([]);
  });

  it('let a unit test reach no rig, no sandbox and no built program', () => {
    const far = /^(?:sandbox\/(?:index|supervisor)|test\/(?:rigs|e2e|faults)\/)/;
    const reaching = tests(layers.unit.include).flatMap((file) =>
      [...reachedBy(file)].filter((to) => far.test(to)).map((to) => `${file} reaches ${to}`),
    );
    expect(reaching).toEqual([]);
  });

  it('would see one that does', () => {
    expect([...reachedBy('test/e2e/rolling.test.ts')].some((to) => to.startsWith('sandbox/'))).toBe(true);
  });
});
