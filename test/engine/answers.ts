import { itemId } from './generated-steps.ts';
import type { Tree } from './tree.ts';
import { join } from './world.ts';

/** The answers that a script would pass for each question of a tree. */
export const scriptedAnswers = (trees: readonly Tree[], choice: number, parent = ''): [string, string][] =>
  trees.flatMap((tree, index): [string, string][] => {
    const path = join(parent, `s${index}`);
    if (tree.kind === 'manual') return [[path, choice % 2 === 0 ? 'done' : 'skipped']];
    if (tree.kind === 'call') {
      const inner = scriptedAnswers(tree.callee.steps, choice, path);
      return tree.callee.does === 'reads'
        ? inner
        : [[`${path}/take-back`, choice % 2 ? 'keep' : 'take-back'], ...inner];
    }
    if (tree.kind === 'eachCall')
      return scriptedAnswers(tree.callee.steps, choice, join(path, encodeURIComponent(itemId(0))));
    if (tree.kind !== 'decision') return [];
    const option = choice % tree.options.length;
    return [
      [path, `o${option}`],
      ...tree.options.flatMap((steps, n) => scriptedAnswers(steps, choice, `${path}/o${n}`)),
    ];
  });
