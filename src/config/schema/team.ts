import * as z from 'zod/mini';
import { isTimeZone } from '../time-zones.ts';
import {
  amount,
  httpUrl,
  isTimeOfDay,
  list,
  literalLike,
  mapping,
  maybeEmpty,
  named,
  oneOf,
  optional,
  optionalMapping,
  percent,
  postgresUrl,
  text,
  withDefault,
} from './leaf.ts';

/** Sections 2, 5 to 8 of the runbook: what is the same for all environments. */

export const thresholds = () =>
  optionalMapping({
    cpu: optionalMapping({
      escalatePercent: withDefault(percent(), 85),
      forMinutes: withDefault(amount('minutes'), 10),
    }),
    errors: optionalMapping({
      rollbackPercent: withDefault(percent(), 5),
      escalatePercent: withDefault(percent(), 10),
      forMinutes: withDefault(amount('minutes'), 10),
    }),
    disk: optionalMapping({ escalatePercent: withDefault(percent(), 90) }),
    memory: optionalMapping({
      restartEveryHours: withDefault(amount('hours'), 6),
      escalateWhenRestartedWithinHours: withDefault(amount('hours'), 2),
    }),
  });

export const externalServices = () =>
  withDefault(list(mapping({ name: text(), statusPage: httpUrl() }), 'a list of services'), () => []);

const procedureId = () =>
  literalLike(
    (value) => /^[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*$/.test(value),
    'the id of a procedure such as restart.rolling',
  );

/** Added to the alerts of the runbook, or in their place. */
export const alerts = () =>
  withDefault(
    named(mapping({ action: text(), procedure: optional(procedureId()) }), { of: 'alert names' }),
    () => ({}),
  );

export const escalation = () =>
  mapping({
    matrix: withDefault(
      list(
        mapping({
          situation: text(),
          first: text(), // oxlint-disable-next-line unicorn/no-thenable -- the name is that of the runbook's matrix, and a text is no function
          then: optional(text()),
          last: optional(text()),
        }),
      ),
      () => [],
    ),
    contacts: withDefault(
      list(
        mapping({
          role: text(),
          name: text(),
          phone: optional(text('a telephone number in quotes')),
          slack: optional(text()),
          email: optional(text()),
        }),
      ),
      () => [],
    ),
  });

const weekday = /^(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)$/;

const isHandoffTime = (value: string) => {
  const [zone = '', time = '', ...days] = value.trim().split(/\s+/).toReversed();
  return isTimeZone(zone) && isTimeOfDay(time) && days.length <= 1 && days.every((day) => weekday.test(day));
};

const isWeeklyWindow = (value: string) => {
  const [day = '', times = '', zone = '', ...rest] = value.trim().split(/\s+/);
  const [from = '', to = '', ...more] = times.split('-');
  if (rest.length + more.length > 0 || from === to) return false;
  return weekday.test(day) && isTimeOfDay(from) && isTimeOfDay(to) && isTimeZone(zone);
};

export const handoff = () =>
  mapping({
    cadence: optional(oneOf('daily', 'weekly', 'biweekly', 'monthly')),
    time: optional(literalLike(isHandoffTime, 'a time such as Monday 10:00 Europe/Berlin')),
    template: optional(httpUrl()),
  });

export const maintenance = () =>
  optionalMapping({
    window: optional(literalLike(isWeeklyWindow, 'a window such as Sunday 02:00-04:00 Europe/Berlin')),
    downtimeNotifyMinutes: withDefault(amount('minutes', { zero: true }), 5),
    watchMinutes: withDefault(amount('minutes', { zero: true }), 30),
  });

/** `directory: ""` is the user's state directory; `store: ""` is no store. */
export const audit = () =>
  optionalMapping({
    directory: withDefault(maybeEmpty('a path'), ''),
    anchor: withDefault(oneOf('none', 'optional', 'required'), 'none'),
    store: withDefault(z.union([z.literal(''), postgresUrl()], 'a URL that begins with postgresql://, or ""'), ''),
  });

/** `scope` tells apart services that have the same name and environment on one host. */
export const lock = () =>
  optionalMapping({
    provider: withDefault(oneOf('auto', 'kubernetes', 'postgres', 'redis', 'host'), 'auto'),
    scope: optional(text()),
  });
