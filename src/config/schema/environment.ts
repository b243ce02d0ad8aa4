import * as z from 'zod/mini';
import { argumentList, commandOptions, commandShape, command } from './argument-list.ts';
import { certificates } from './certificates.ts';
import {
  absolutePath,
  amount,
  flag,
  httpUrl,
  list,
  mapping,
  optional,
  optionalMapping,
  text,
  textLike,
  texts,
  timeOfDay,
  timeZone,
  whole,
  withDefault,
} from './leaf.ts';
import { health } from './health.ts';
import { logs } from './logs.ts';
import { secret } from './secret.ts';
import { cache, database } from './stores.ts';
import { byProvider, workload } from './workload.ts';

const offPeak = () =>
  mapping({ from: timeOfDay(), to: timeOfDay(), timeZone: timeZone() }).check(
    z.refine((window) => window.from !== window.to, { error: 'another time than `from`', path: ['to'] }),
  );

const scaling = () =>
  mapping({
    min: withDefault(whole('instances'), 1),
    max: optional(whole('instances', { min: 1 })),
    offPeak: optional(offPeak()),
    watchMinutes: withDefault(amount('minutes', { zero: true }), 10),
  }).check(
    z.refine(({ min, max }) => max === undefined || min <= max, { error: 'a number not below `min`', path: ['max'] }),
  );

const metrics = () =>
  byProvider(
    ['prometheus', 'kubernetes', 'cloudwatch', 'command'],
    [
      mapping({ provider: z.literal('prometheus'), url: httpUrl(), token: optional(secret(text())) }),
      mapping({ provider: z.literal('kubernetes') }),
      mapping({ provider: z.literal('cloudwatch'), region: text(), profile: optional(text()) }),
      mapping({ provider: z.literal('command'), ...commandShape }),
    ],
  );

/** What `rb restart --every` runs on: the image of the CronJob's container; the role that EventBridge Scheduler takes on. */
const schedule = () =>
  mapping({
    image: optional(text('an image with kubectl, such as registry.example.com/kubectl:1.36.3')),
    role: optional(
      textLike(
        (value) => /^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/.test(value),
        'the ARN of a role: arn:aws:iam::<account>:role/<name>',
      ),
    ),
  });

const logDirectories = () => withDefault(list(absolutePath(), 'a list of paths'), () => ['/var/log']);

const hosts = () =>
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
  );

const healthOrCommand = '`command`, or `health: true`, and not both';
const smoke = () =>
  list(
    mapping({
      name: text(),
      command: optional(command()),
      ...commandOptions,
      health: optional(z.literal(true, 'true')),
    }).check(z.refine((test) => (test.command === undefined) !== (test.health === undefined), healthOrCommand)),
    'a list of smoke tests',
  );

/** Everything that `rb` knows about one environment. Each key is optional: a section says what it misses. */
export const environment = () =>
  mapping({
    protected: withDefault(flag(), false),
    url: optional(httpUrl()),
    health: health(),
    workload: optional(workload()),
    restart: optionalMapping({
      expectedMinutes: optional(amount('minutes')),
      drainSeconds: withDefault(amount('seconds', { zero: true }), 30),
      schedule: optional(schedule()),
    }),
    scaling: optional(scaling()),
    logs: optional(logs()),
    database: optional(database()),
    cache: optional(cache()),
    certificates: optional(certificates()),
    metrics: optional(metrics()),
    queues: optional(
      list(mapping({ name: text(), redisList: text(), warn: withDefault(whole('jobs'), 1000) }), 'a list of queues'),
    ),
    hosts: optional(hosts()),
    profiler: optional(mapping({ heapDump: optional(argumentList()), path: optional(absolutePath()) })),
    maintenanceMode: optional(mapping({ enable: argumentList(), disable: argumentList() })),
    smoke: optional(smoke()),
  });
