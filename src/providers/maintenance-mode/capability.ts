import { argumentList } from '../../config/schema/argument-list.ts';
import { mapping } from '../../config/schema/leaf.ts';
import { capabilityOf } from '../capability.ts';

export const capability = capabilityOf({
  schema: () => mapping({ enable: argumentList(), disable: argumentList() }),
  example: `maintenanceMode:
  enable: [./ops/maintenance, on]
  disable: [./ops/maintenance, off]`,
});
