import { messageOf } from '../../src/engine/errors.ts';
import { described } from './tree.ts';
import type { ProcedureTree } from './tree.ts';

/** What fails says of which tree, and in which circumstances. */
export const saying = async (tree: ProcedureTree, where: () => object, check: () => Promise<void>): Promise<void> => {
  try {
    await check();
  } catch (error) {
    throw new Error(`${messageOf(error)}\n${described(tree)}\n${described(where())}`, { cause: error });
  }
};
