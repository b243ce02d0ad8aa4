import { argumentList } from '../../config/schema/argument-list.ts';
import { absolutePath, mapping, optional } from '../../config/schema/leaf.ts';
import { capabilityOf } from '../capability.ts';

export const capability = capabilityOf({
  schema: () => mapping({ heapDump: optional(argumentList(['instance'])), path: optional(absolutePath()) }),
  example: `profiler:
  heapDump: [kill, -USR2, "1"]
  path: /tmp`,
});
