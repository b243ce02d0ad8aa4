import type { ApiModel, Shape, ShapeReference } from './api-model.ts';
import { shapeOf } from './api-model.ts';

/**
 * What in `value` the published model does not allow, one sentence each, led by the path. Times are `Date`.
 *
 * botocore and the SDK check required members and types before they send; lengths, ranges, patterns and enumerations are only
 * checked by the service, so a test against a lenient peer would not see them.
 */
export const violationsOf = (model: ApiModel, reference: ShapeReference, value: unknown, path = ''): string[] => {
  const shape = shapeOf(model, reference);
  const at = path === '' ? reference.shape : path;
  if (shape.document === true) return [];
  switch (shape.type) {
    case 'structure':
      return structure(model, shape, value, at);
    case 'list':
      return list(model, shape, value, at);
    case 'map':
      return map(model, shape, value, at);
    default:
      return scalar(shape, value, at);
  }
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

const structure = (model: ApiModel, shape: Shape, value: unknown, at: string): string[] => {
  if (!isObject(value)) return [`${at} is no structure`];
  const members = shape.members ?? {};
  const present = Object.entries(value).filter(([, member]) => member !== undefined);
  const names = new Set(present.map(([name]) => name));
  return [
    ...(shape.required ?? []).filter((name) => !names.has(name)).map((name) => `${at} lacks ${name}`),
    ...present.flatMap(([name, member]) => {
      const known = members[name];
      return known === undefined
        ? [`${at} has no member ${name}`]
        : violationsOf(model, known, member, `${at}.${name}`);
    }),
  ];
};

const within = (shape: Shape, size: number, what: string, at: string): string[] => [
  ...(shape.min !== undefined && size < shape.min ? [`${at}: ${what} ${size} is below ${shape.min}`] : []),
  ...(shape.max !== undefined && size > shape.max ? [`${at}: ${what} ${size} is above ${shape.max}`] : []),
];

const list = (model: ApiModel, shape: Shape, value: unknown, at: string): string[] => {
  if (!Array.isArray(value)) return [`${at} is no list`];
  const member = shape.member as ShapeReference;
  return [
    ...within(shape, value.length, 'length', at),
    ...value.flatMap((each, index) => violationsOf(model, member, each, `${at}[${index}]`)),
  ];
};

const map = (model: ApiModel, shape: Shape, value: unknown, at: string): string[] => {
  if (!isObject(value)) return [`${at} is no map`];
  const entries = Object.entries(value);
  return [
    ...within(shape, entries.length, 'size', at),
    ...entries.flatMap(([key, each]) => [
      ...violationsOf(model, shape.key as ShapeReference, key, `${at} key ${key}`),
      ...violationsOf(model, shape.value as ShapeReference, each, `${at}.${key}`),
    ]),
  ];
};

const scalar = (shape: Shape, value: unknown, at: string): string[] => {
  switch (shape.type) {
    case 'string':
      return typeof value === 'string' ? text(shape, value, at) : [`${at} is no string`];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${at} is no boolean`];
    case 'integer':
    case 'long':
      return Number.isInteger(value) ? within(shape, value as number, 'value', at) : [`${at} is no integer`];
    case 'float':
    case 'double':
      return typeof value === 'number' ? within(shape, value, 'value', at) : [`${at} is no number`];
    case 'timestamp':
      return value instanceof Date && !Number.isNaN(value.getTime()) ? [] : [`${at} is no time`];
    case 'blob':
      return typeof value === 'string' ? [] : [`${at} is no blob`];
    default:
      return [`${at}: the rig does not know the type ${shape.type}`];
  }
};

const text = (shape: Shape, value: string, at: string): string[] => [
  ...within(shape, value.length, 'length', at),
  ...(shape.enum !== undefined && !shape.enum.includes(value)
    ? [`${at}: ${JSON.stringify(value)} is none of ${shape.enum.join(', ')}`]
    : []),
  ...(shape.pattern !== undefined && !matches(shape.pattern, value)
    ? [`${at}: ${JSON.stringify(value)} does not match ${shape.pattern}`]
    : []),
];

/** The patterns are Java's. Those few that JavaScript cannot read in either of its modes are not checked. */
const matches = (pattern: string, value: string): boolean => {
  const whole = `^(?:${pattern.replaceAll(String.raw`\p{Print}`, String.raw`[\x20-\x7e]`)})$`;
  for (const flags of whole.includes(String.raw`\p{`) ? ['u'] : ['u', '']) {
    try {
      return new RegExp(whole, flags).test(value);
    } catch {
      continue;
    }
  }
  return true;
};
