import * as z from 'zod/mini';
import { command, commandOptions } from '../../config/schema/argument-list.ts';
import { list, mapping, optional, text } from '../../config/schema/leaf.ts';
import { capabilityOf } from '../capability.ts';

const healthOrCommand = '`command`, or `health: true`, and not both';

export const capability = capabilityOf({
  schema: () =>
    list(
      mapping({
        name: text(),
        command: optional(command()),
        ...commandOptions,
        health: optional(z.literal(true, 'true')),
      }).check(z.refine((test) => (test.command === undefined) !== (test.health === undefined), healthOrCommand)),
      'a list of smoke tests',
    ),
  example: `smoke:
  - { name: place an order, command: [./ops/smoke, order] }`,
});
