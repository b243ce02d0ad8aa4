import {
  amount,
  list,
  mapping,
  optional,
  optionalMapping,
  postgresUrl,
  text,
  texts,
  withDefault,
} from '../../config/schema/leaf.ts';
import { slowLog } from '../../config/schema/log-sources.ts';
import { awsOf } from '../../config/schema/aws.ts';
import { capabilityOf } from '../capability.ts';
import type { Database } from './port.ts';

const schema = () =>
  mapping({
    url: postgresUrl(),
    replicas: withDefault(list(mapping({ name: text(), url: postgresUrl() })), () => []),
    idleMinutes: withDefault(amount('minutes'), 5),
    longRunningMinutes: withDefault(amount('minutes'), 1),
    neverTerminate: optionalMapping({
      users: withDefault(texts(), () => []),
      applications: withDefault(texts(), () => []),
      databases: withDefault(texts(), () => []),
    }),
    slowLog: optional(slowLog()),
  });

export const capability = capabilityOf({
  schema,
  example: `database:
  url: \${env:CHECKOUT_DATABASE_URL}`,
  open: async ({ url, replicas }, { resolve, env, home, login, remember }): Promise<Database> => {
    const [{ openPostgres }, resolved] = await Promise.all([import('./postgres.ts'), resolve({ url, replicas })]);
    return openPostgres(resolved, { environment: env, home, login, remember });
  },
  reaches: ({ slowLog: log }) => awsOf(['slowLog'], log),
  notYet: ({ slowLog: log }) => (log === undefined ? [] : [['slowLog']]),
});
