import * as z from 'zod/mini';
import { commandShape } from './argument-list.ts';
import { byProvider, httpUrl, mapping, optional, optionalMapping, shared, text, withDefault } from './leaf.ts';
import { secret } from './secret.ts';

/* Where log lines are: the service's own, and the database's slow queries. */

/** What the fields of a structured line are called. */
const fields = shared(() =>
  optionalMapping({
    time: withDefault(text(), 'ts'),
    level: withDefault(text(), 'level'),
    message: withDefault(text(), 'msg'),
    user: withDefault(text(), 'user_id'),
    request: withDefault(text(), 'request_id'),
  }),
);

const cloudwatch = shared(() =>
  mapping({
    provider: z.literal('cloudwatch'),
    region: text('a region such as eu-central-1'),
    profile: optional(text()),
    group: text('the name of a log group'),
    streamPrefix: optional(text()),
    fields: fields(),
  }),
);

const loki = shared(() =>
  mapping({
    provider: z.literal('loki'),
    url: httpUrl(),
    selector: text('a stream selector such as {app="checkout"}'),
    tenant: optional(text()),
    token: optional(secret(text())),
    fields: fields(),
  }),
);

/** `path` may be a glob (`/var/log/app/*.log`). A relative path begins at the configuration's directory. */
const file = shared(() => mapping({ provider: z.literal('file'), path: text('a path or a glob'), fields: fields() }));
const commands = shared(() =>
  mapping({ provider: z.literal('command'), ...commandShape(['since', 'limit']), fields: fields() }),
);

/** The pods are those of `workload`. */
const kubernetes = () => mapping({ provider: z.literal('kubernetes'), container: optional(text()), fields: fields() });

export const logs = () =>
  byProvider(
    ['kubernetes', 'cloudwatch', 'loki', 'file', 'command'],
    [kubernetes(), cloudwatch(), loki(), file(), commands()],
  );

/** Where the database writes its slow queries. */
export const slowLog = () =>
  byProvider(['file', 'cloudwatch', 'loki', 'command'], [file(), cloudwatch(), loki(), commands()]);
