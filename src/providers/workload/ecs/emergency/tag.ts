import { messageOf, RunbookError } from '../../../../engine/errors.ts';
import type { Call } from '../../port.ts';
import type { Scaling } from '../count/scalable-target.ts';
import type { EcsService } from '../service.ts';

/** What was there before everything was stopped, on the service itself: another machine has no audit log of this one. */
interface Before {
  readonly to: number;
  readonly scaling: Scaling | null;
}

const key = 'rb:stopped';

/** As a tag's value may be: letters, digits and `+ - = . _ : / @`. */
const written = ({ to, scaling }: Before): string =>
  [
    `desired=${to}`,
    ...(scaling === null
      ? []
      : [
          `min=${scaling.min}`,
          `max=${scaling.max}`,
          `held=${Number(scaling.held.in)}${Number(scaling.held.out)}${Number(scaling.held.scheduled)}`,
        ]),
  ].join(' ');

/** Undefined for what `rb` has not written: whoever may tag the service can write there what they like. */
const read = (value: string): Before | undefined => {
  const parts = new Map(
    value.split(' ').map((part) => {
      const [name = '', written] = part.split('=', 2);
      return [name, written];
    }),
  );
  const number = (name: string) => (/^\d{1,9}$/.test(parts.get(name) ?? '') ? Number(parts.get(name)) : undefined);
  const [to = 0, min, max] = ['desired', 'min', 'max'].map(number);
  const held = parts.get('held');
  if (to < 1) return undefined;
  if (held === undefined) return { to, scaling: null };
  if (min === undefined || max === undefined || !/^[01]{3}$/.test(held)) return undefined;
  const [inwards, outwards, scheduled] = held.split('').map((digit) => digit === '1');
  return {
    to,
    scaling: {
      min,
      max,
      held: { in: inwards === true, out: outwards === true, scheduled: scheduled === true },
    },
  };
};

/** A tag that cannot be written does not keep the restart from being done: the audit log has the numbers. */
export const writeTag = async (service: EcsService, arn: string, before: Before, call: Call): Promise<void> => {
  try {
    await (await service.api()).tag(arn, key, written(before), call);
  } catch (error) {
    call.signal.throwIfAborted();
    if (!(error instanceof RunbookError)) throw error;
    call.report({
      note: `the numbers are in the audit log only, because the service could not be tagged: ${messageOf(error)}`,
    });
  }
};

export const removeTag = async (service: EcsService, arn: string, call: Call): Promise<void> => {
  try {
    await (await service.api()).untag(arn, key, call);
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error;
    call.report({ note: `the tag ${key} is still on the service: ${messageOf(error)}` });
  }
};

/** Undefined where there is none. */
export const readTag = async (service: EcsService, call: Call): Promise<Before | undefined> => {
  const { services } = await (await service.api()).describeService(service.place, call, true);
  const value = services?.[0]?.tags?.find((tag) => tag.key === key)?.value;
  return value === undefined ? undefined : read(value);
};
