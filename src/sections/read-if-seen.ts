import type { Json } from '../engine/json.ts';
import type { Reads } from '../engine/procedure/context.ts';
import type { Filled } from '../engine/procedure/step.ts';

/** The data of a step; undefined where it has not run or could not see. */
export const readIfSeen = <Data extends Json>(
  { read, seen }: Pick<Reads, 'read' | 'seen'>,
  step: Filled<Data>,
): Data | undefined => (seen(step)?.data === undefined ? undefined : read(step));
