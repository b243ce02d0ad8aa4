import type { Intended } from '../../session/guard.ts';
import type { Run } from '../frame.ts';

/** Asks each guard in its order. Errors: `refused` by the first that forbids it. */
export const guarded = async (
  { guards = [] }: Pick<Run, 'guards'>,
  when: 'beforeQuestion' | 'beforeIntent',
  intended: Intended,
): Promise<void> => {
  // oxlint-disable-next-line no-await-in-loop -- in their order
  for (const guard of guards) await guard[when](intended);
};
