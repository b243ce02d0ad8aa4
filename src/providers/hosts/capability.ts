import * as z from 'zod/mini';
import {
  absolutePath,
  byProvider,
  list,
  mapping,
  optional,
  text,
  texts,
  withDefault,
} from '../../config/schema/leaf.ts';
import { capabilityOf, ofTheWorkload } from '../capability.ts';

const logDirectories = () => withDefault(list(absolutePath(), 'a list of paths'), () => ['/var/log']);

export const capability = capabilityOf({
  schema: () =>
    byProvider(
      ['ssh', 'local', 'kubernetes', 'ecs'],
      [
        mapping({
          provider: z.literal('ssh'),
          names: texts().check(z.minLength(1, 'a list of at least one host')),
          user: optional(text()),
          logDirectories: logDirectories(),
        }),
        mapping({ provider: z.literal('local'), logDirectories: logDirectories() }),
        mapping({ provider: z.literal('kubernetes'), logDirectories: logDirectories() }),
        mapping({ provider: z.literal('ecs'), logDirectories: logDirectories() }),
      ],
    ),
  example: `hosts:
  provider: ssh                   # or: local, kubernetes, ecs
  names: [app-1, app-2]`,
  remarks: ({ provider }, beside) => ofTheWorkload('hosts', provider, beside),
  reaches: (config) =>
    config.provider === 'ssh'
      ? config.names.map((name, index) => ({
          does: 'contact',
          path: ['names', index],
          what: `ssh ${config.user === undefined ? '' : `${config.user}@`}${name}`,
        }))
      : [],
});
