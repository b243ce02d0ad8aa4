import * as z from 'zod/mini';
import { hasReference } from '../references/reference-syntax.ts';
import { isTimeZone } from '../time-zones.ts';

/*
 * The single values of the configuration. By convention the message of every schema is the phrase that follows "expected",
 * so that `problems.ts` can say "expected a whole number, found ...". A text with a reference in it is checked for its
 * format only by whoever resolves it.
 */

const fits = (test: (text: string) => boolean) => (text: string) => hasReference(text) || test(text);

/** A key that may be left out, and its value then. */
export { _default as withDefault } from 'zod/mini';

/*
 * Building schemas is most of what it costs to load them, on the start-up path of nearly every command: equal ones are
 * built once.
 */

/** The same maker, which returns the same schema for the same arguments. */
export const shared = <Arguments extends readonly unknown[], Schema>(
  make: (...of: Arguments) => Schema,
): ((...of: Arguments) => Schema) => {
  const made = new Map<string, Schema>();
  return (...of) => {
    const key = JSON.stringify(of);
    const known = made.get(key) ?? make(...of);
    made.set(key, known);
    return known;
  };
};

const madeOptional = new WeakMap<z.core.$ZodType, unknown>();

/** A key that may be left out, and is absent then. */
export const optional = <Schema extends z.core.$ZodType>(schema: Schema): z.ZodMiniExactOptional<Schema> => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was made of this very schema
  const known = madeOptional.get(schema) as z.ZodMiniExactOptional<Schema> | undefined;
  const made = known ?? z.exactOptional(schema);
  madeOptional.set(schema, made);
  return made;
};

/** Each of these keys may be left out, and is absent then. */
export const optionals = <const Schemas extends Readonly<Record<string, z.core.$ZodType>>>(schemas: Schemas) =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same keys
  Object.fromEntries(Object.entries(schemas).map(([key, schema]) => [key, optional(schema)])) as {
    [Key in keyof Schemas]: z.ZodMiniExactOptional<Schemas[Key]>;
  };

/** A text of a form that `test` recognises; `expected` is the phrase for the error. */
export const textLike = (test: (text: string) => boolean, expected: string) =>
  z.string(expected).check(z.refine(fits(test), expected));

// Line breaks and tabs are for longer prose; everything else below U+0020 is a mistake or an attack on the terminal.
const printable = (text: string) => !/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/.test(text);

/** The same for what is needed before anything can be resolved: a reference is an error here. */
export const literalLike = (test: (text: string) => boolean, expected: string) =>
  z.string(expected).check(z.refine(test, expected));

/** A text with at least one visible character. */
export const text = shared((expected: string = 'a text') =>
  textLike((value) => value.trim() !== '' && printable(value), expected),
);
/** A text that may be empty. */
export const maybeEmpty = shared((expected: string = 'a text') => textLike(printable, expected));

export const texts = shared((expected: string = 'a list of texts') => z.array(text(), expected));

export const flag = shared(() => z.boolean('true or false'));

export const oneOf = <const Values extends readonly [string, ...string[]]>(...values: Values) =>
  z.enum(values, alternatives(values));

/** "a, b or c". */
const alternatives = (values: readonly string[]): string =>
  values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;

/** A whole number of `unit`, at least `min` and at most `max`. */
export const whole = shared(
  (unit: string = '', { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {}) => {
    const expected = `a whole number${unit && ` of ${unit}`}${range(min, max)}`;
    return z
      .number(expected)
      .check(z.refine((value) => Number.isSafeInteger(value) && value >= min && value <= max, expected));
  },
);

/** An amount of `unit` with decimals; above zero unless `zero` says that nothing is a choice too. */
export const amount = shared(
  (unit: string, { zero = false, max = 1_000_000 }: { zero?: boolean; max?: number } = {}) => {
    const expected = `a number of ${unit}, ${zero ? 'not below 0' : 'above 0'}${max === 1_000_000 ? '' : ` and at most ${max}`}`;
    return z.number(expected).check(z.refine((value) => (zero ? value >= 0 : value > 0) && value <= max, expected));
  },
);

export const percent = shared(() => amount('percent', { max: 100 }));

const range = (min: number, max: number) => {
  if (max === Number.MAX_SAFE_INTEGER) return min === 0 ? '' : `, at least ${min}`;
  return ` from ${min} to ${max}`;
};

const urlOf = (schemes: readonly string[]) => (value: string) => {
  if (!URL.canParse(value) || /\s/.test(value)) return false;
  const url = new URL(value);
  return schemes.includes(url.protocol.slice(0, -1)) && (url.hostname !== '' || !url.protocol.startsWith('http'));
};

/*
 * As libpq has it, which is not as `URL` has it: several hosts, each with a port of its own, or none at all. What stands
 * between :// and the last @ before the path is the user's.
 */
const postgresShape = /^postgres(?:ql)?:\/\/(?:[^/?#\s]*@)?([^/?#@\s]*)(?:\/[^?#\s]*)?(?:\?[^#\s]*)?$/;
const hostShape = /^(?:\[[^[\]]*\]|[^:[\]]*)(?::(\d*))?$/;

const isPostgresUrl = (value: string): boolean => {
  const [, hosts] = postgresShape.exec(value) ?? [];
  if (hosts === undefined || /%(?![0-9a-f]{2})/i.test(value)) return false;
  return hosts.split(',').every((host) => {
    const found = hostShape.exec(host);
    return found !== null && Number(found[1] ?? 0) <= 65_535;
  });
};

/** The address of a service or of a page for people. */
export const httpUrl = shared(() => textLike(urlOf(['http', 'https']), 'a URL that begins with https:// or http://'));
export const postgresUrl = shared(() => textLike(isPostgresUrl, 'a URL that begins with postgresql://'));
export const redisUrl = shared(() =>
  textLike(urlOf(['redis', 'rediss']), 'a URL that begins with redis:// or rediss://'),
);

/** `2026-11-01`, a day that exists. */
export const isDay = (value: string): boolean => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const parsed = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(value);
};
export const day = shared(() => literalLike(isDay, 'a date such as 2026-11-01'));

/** `06:30`. */
export const isTimeOfDay = (value: string): boolean => /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(value);
export const timeOfDay = shared(() => literalLike(isTimeOfDay, 'a time of day such as "22:00"'));

export const timeZone = shared(() => literalLike(isTimeZone, 'the name of a time zone such as Europe/Berlin'));

export const absolutePath = shared(() =>
  textLike((value) => value.startsWith('/') && printable(value), 'a path that begins with /'),
);

export const hostName = shared(() =>
  literalLike(
    (value) => /^(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i.test(value),
    'a host name such as checkout.example.com',
  ),
);

/** A mapping whose keys are fixed; any other key is an error. The message lists the known ones, for "did you mean". */
export const mapping = <Shape extends z.core.$ZodShape>(shape: Shape, expected = 'a mapping') =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join('\n') : expected),
  });

/** A mapping that may be absent because each of its keys is optional or has a default. */
export const optionalMapping = <Shape extends z.core.$ZodShape>(shape: Shape) =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no type says that each key of a shape may be absent
  z.prefault(mapping(shape), {} as never);

/** A mapping whose keys are names that the team chooses. */
export const named = <Value extends z.core.$ZodType>(value: Value, { least = 0, of = 'names' } = {}) => {
  const expected = `a mapping of ${of}`;
  const name = z
    .string()
    .check(z.refine((key) => /^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u.test(key), 'letters, digits, ".", "_" and "-"'));
  return z
    .record(name, value, expected)
    .check(z.refine((record) => Object.keys(record).length >= least, `${expected}, at least ${least}`));
};

export const list = <Item extends z.core.$ZodType>(item: Item, expected = 'a list') => z.array(item, expected);

/** One mapping for each provider, told apart by `provider`. */
export const byProvider = <
  const Options extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]],
>(
  names: readonly string[],
  options: Options,
) =>
  z.discriminatedUnion('provider', options, {
    error: (issue) => (issue.code === 'invalid_union' ? alternatives(names) : 'a mapping with `provider`'),
  });
