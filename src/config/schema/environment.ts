import * as z from 'zod/mini';
import {
  amount,
  flag,
  httpUrl,
  mapping,
  optional,
  optionalMapping,
  optionals,
  text,
  textLike,
  timeOfDay,
  timeZone,
  whole,
  withDefault,
} from './leaf.ts';
import { health } from './health.ts';

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

const shape = () => ({
  protected: withDefault(flag(), false),
  url: optional(httpUrl()),
  health: health(),
  restart: optionalMapping({
    expectedMinutes: optional(amount('minutes')),
    drainSeconds: withDefault(amount('seconds', { zero: true }), 30),
    schedule: optional(schedule()),
  }),
  scaling: optional(scaling()),
});

type Shape = ReturnType<typeof shape>;

/** What an environment says for all of its capabilities. */
export type EnvironmentBase = z.output<z.ZodMiniObject<Shape, z.core.$strict>>;

/** Everything that `rb` knows about one environment. Each key is optional: a section says what it misses. */
export const environment = <const Schemas extends Readonly<Record<string, z.core.$ZodType>>>(capabilities: Schemas) =>
  mapping({ ...shape(), ...optionals(capabilities) });
