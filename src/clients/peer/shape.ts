import { UnusableAnswer } from './unusable.ts';

/**
 * What a value that came over the wire must be. By hand and not by zod: these are checked on the way of the fastest command, and
 * the objects of a cluster have many more fields than are read.
 */
export interface Shape<Value> {
  /** Why a value is not one, beginning with where it is: `spec.replicas is "3", not a count`. Undefined where it is one. */
  readonly misfit: (value: unknown, at: string) => string | undefined;
  /** For the compiler alone. */
  readonly of?: Value;
}

/** The same value. Errors: `UnusableAnswer` for another shape. */
export const held = <Value>(value: Value, shape: Shape<object>): Value => {
  const misfit = shape.misfit(value, '');
  if (misfit !== undefined) throw new UnusableAnswer(`answers with what cannot be read: ${misfit}`);
  return value;
};

export const fits = <Value>(shape: Shape<Value>, value: unknown): value is Value =>
  shape.misfit(value, '') === undefined;

const scalar = <Value>(name: string, is: (value: unknown) => boolean): Shape<Value> => ({
  misfit: (value, at) => (is(value) ? undefined : `${at} is ${written(value)}, not ${name}`),
});

export const text = scalar<string>('a text', (value) => typeof value === 'string');
export const flag = scalar<boolean>('true or false', (value) => typeof value === 'boolean');
/** Finite. */
export const number = scalar<number>('a number', Number.isFinite);
/** Finite, and not below 0. */
export const amount = scalar<number>('an amount', (value) => Number.isFinite(value) && Number(value) >= 0);
/** Whole, and not below 0. */
export const count = scalar<number>('a count', (value) => Number.isSafeInteger(value) && Number(value) >= 0);
/** Whole. */
export const integer = scalar<number>('a whole number', Number.isSafeInteger);
/** What `Date.parse` reads. */
export const time = scalar<string>('a time', (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)));

export const oneOf = <const Word extends string>(...words: readonly Word[]): Shape<Word> =>
  scalar(`one of ${words.join(', ')}`, (value) => words.some((word) => word === value));

export const either = <One, Other>(one: Shape<One>, other: Shape<Other>): Shape<One | Other> => ({
  misfit: (value, at) => (one.misfit(value, at) === undefined ? undefined : other.misfit(value, at)),
});

export const optional = <Value>(shape: Shape<Value>): Shape<Value | undefined> => ({
  misfit: (value, at) => (value === undefined ? undefined : shape.misfit(value, at)),
});

export const nullable = <Value>(shape: Shape<Value>): Shape<Value | null> => ({
  misfit: (value, at) => (value === null ? undefined : shape.misfit(value, at)),
});

export const listOf = <Value>(shape: Shape<Value>): Shape<readonly Value[]> => ({
  misfit: (value, at) => {
    if (!Array.isArray(value)) return `${at} is ${written(value)}, not a list`;
    for (const [index, entry] of value.entries()) {
      const misfit = shape.misfit(entry, `${at}[${index}]`);
      if (misfit !== undefined) return misfit;
    }
    return undefined;
  },
});

/** An object with these fields, each of its shape, and perhaps with others. */
export const fields = (shapes: Readonly<Record<string, Shape<unknown>>>): Shape<object> => {
  const entries = Object.entries(shapes);
  return {
    misfit: (value, at) => {
      if (!isObject(value)) return `${at === '' ? 'it' : at} is ${written(value)}, not an object`;
      for (const [name, shape] of entries) {
        const own = Object.hasOwn(value, name) ? value[name] : undefined;
        const misfit = shape.misfit(own, at === '' ? name : `${at}.${name}`);
        if (misfit !== undefined) return misfit;
      }
      return undefined;
    },
  };
};

/** What each field of an object, or column of a row, must be. */
export type Shapes<Value> = { readonly [Name in keyof Value]-?: Shape<Value[Name]> };

/** The same where all the fields that its type has are checked. */
export const record = <Value extends object>(shapes: Shapes<Value>): Shape<Value> => ({
  misfit: fields(shapes).misfit,
});

/** An object whose values are all of one shape: labels, annotations. */
export const mapOf = <Value>(shape: Shape<Value>): Shape<Readonly<Record<string, Value>>> => ({
  misfit: (value, at) => {
    if (!isObject(value)) return `${at} is ${written(value)}, not an object`;
    for (const [name, entry] of Object.entries(value)) {
      const misfit = shape.misfit(entry, `${at}.${name.slice(0, 80)}`);
      if (misfit !== undefined) return misfit;
    }
    return undefined;
  },
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const longest = 80;
const written = (value: unknown): string => {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, longest));
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return `${value}`;
  return typeof value === 'object' ? 'an object' : typeof value;
};
