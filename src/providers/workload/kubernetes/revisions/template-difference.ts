import type { Json, JsonObject } from '../../../../engine/json.ts';
import { namesSecret } from '../../../../words/secret-words.ts';
import { shownArgument } from '../../shared/secret-arguments.ts';
import type { PodTemplate } from '../objects/objects.ts';
import { plainTemplate } from './revisions.ts';

/** What may be a password is not shown; that it differs is. */
const isSecretLike = (path: string): boolean => {
  const variables = path.indexOf('.env.');
  return (
    variables >= 0 &&
    path
      .slice(variables + 5)
      .split('.')
      .some(namesSecret)
  );
};

/** From one pod template to another, as `- path: value` and `+ path: value`; lists of named things (containers, env) by name. */
export const templateDifference = (
  from: PodTemplate,
  to: PodTemplate,
  redact: (text: string) => string,
): readonly string[] => {
  const before = flat(plainTemplate(from));
  const after = flat(plainTemplate(to));
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  const line = (sign: string, path: string, all: ReadonlyMap<string, string>) => {
    const value = all.get(path);
    if (value === undefined) return [];
    const shown = isSecretLike(`.${path}`) ? '(not shown)' : shownArgument(value, all.get(pathBefore(path) ?? ''));
    return [redact(`${sign} ${path}: ${shown}`)];
  };
  return paths
    .filter((path) => before.get(path) !== after.get(path))
    .flatMap((path) => [...line('-', path, before), ...line('+', path, after)]);
};

/** Of an argument that of the one before it; undefined for the first, and for what is no argument. */
const pathBefore = (path: string): string | undefined => {
  const [, list = '', index = '0'] = /^(.*\.(?:args|command)\.)(\d+)$/.exec(path) ?? [];
  return index === '0' ? undefined : `${list}${Number(index) - 1}`;
};

const flat = (value: Json | undefined, path = '', into = new Map<string, string>()): ReadonlyMap<string, string> => {
  if (value === undefined) return into;
  const inside = value !== null && typeof value === 'object' ? entriesOf(value) : [];
  for (const [key, inner] of inside) flat(inner, path === '' ? key : `${path}.${key}`, into);
  if (inside.length === 0) into.set(path, typeof value === 'string' ? value : JSON.stringify(value));
  return into;
};

const entriesOf = (value: JsonObject | readonly Json[]): readonly (readonly [string, Json | undefined])[] =>
  isList(value) ? value.map((item, index) => [nameOf(item) ?? String(index), item] as const) : Object.entries(value);

const isList = (value: JsonObject | readonly Json[]): value is readonly Json[] => Array.isArray(value);

const nameOf = (item: Json): string | undefined => {
  const name = item !== null && typeof item === 'object' && 'name' in item ? item.name : undefined;
  return typeof name === 'string' ? name : undefined;
};
