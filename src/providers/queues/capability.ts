import { list, mapping, text, whole, withDefault } from '../../config/schema/leaf.ts';
import { capabilityOf } from '../capability.ts';

export const capability = capabilityOf({
  schema: () =>
    list(mapping({ name: text(), redisList: text(), warn: withDefault(whole('jobs'), 1000) }), 'a list of queues'),
  example: `queues:
  - { name: jobs, redisList: "queue:jobs", warn: 1000 }`,
});
