import { parseDuration } from '../../config/duration.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Json } from '../../engine/json.ts';
import type { Rb } from '../section.ts';
import type { DatabaseLook } from './reading/database-look.ts';

export interface OnFlag {
  readonly on?: string;
}

/** The part of the input that every procedure has. */
export const onOf = ({ on }: OnFlag): { readonly on?: string } => (on === undefined ? {} : { on });

/** The flags of every look. */
export interface LookFlags extends OnFlag {
  readonly watch?: string;
}

/** The flags of every look that is cut. */
export interface LimitFlags extends LookFlags {
  readonly limit: string;
}

/** Errors: `usage`. */
export const limitOf = ({ limit }: Pick<LimitFlags, 'limit'>): number => wholeNumber(limit, '--limit', 1, 500);

/** `5`, in seconds, or `5s`, `1m`. Milliseconds. Errors: `usage`. */
const everyMs = (text: string): number => {
  if (!/^\d+(?:\.\d+)?$/.test(text)) return parseDuration(text, '--watch');
  const ms = Number(text) * 1000;
  if (ms >= 250 && ms <= 86_400_000) return ms;
  throw new RunbookError('usage', `--watch ${text}: expected seconds between 0.25 and 86400.`);
};

/** Runs a look once, or again and again with `--watch`. */
export const runLook = <Input, Data extends Json>(
  rb: Rb,
  look: DatabaseLook<Input, Data>,
  flags: LookFlags,
  input: object,
): Promise<void> => {
  const { watch } = flags;
  const asked = { ...input, ...onOf(flags) };
  return watch === undefined
    ? rb.run(look.once(), asked)
    : rb.run(look.watched(), { ...asked, everyMs: everyMs(watch) });
};

/** What changes something is done once; a flag that is not heeded would be taken for one that is. Errors: `usage`. */
export const refuseWatch = ({ watch }: LookFlags, what: string): void => {
  if (watch !== undefined) throw new RunbookError('usage', `--watch does not go with ${what}, which is done once.`);
};

/** A whole number between two. Errors: `usage`. */
export const wholeNumber = (text: string, what: string, least: number, most: number): number => {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new RunbookError(
    'usage',
    `${what}: expected a whole number between ${least} and ${most}, found ${JSON.stringify(text.slice(0, 40))}.`,
  );
};

const multiples: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };

/** `512kB`, `8MB`, `0`: bytes, in steps of 1024. Errors: `usage`. */
export const size = (text: string, what: string): number => {
  const [, count = '', unit = ''] = /^(\d{1,12}) ?([kKMGT]?B)?$/.exec(text) ?? [];
  const multiple = multiples[unit.toUpperCase() || 'B'];
  if (count === '' || multiple === undefined)
    throw new RunbookError('usage', `${what} ${JSON.stringify(text.slice(0, 40))}: expected a size such as 8MB.`);
  return Number(count) * multiple;
};
