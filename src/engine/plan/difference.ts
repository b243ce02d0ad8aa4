import type { Json, JsonObject } from '../json.ts';

export interface Differing {
  /** `instances.0.startedAt`. */
  readonly path: string;
  /** As JSON; undefined where it is absent. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Where two JSON objects differ. */
export const differences = (before: JsonObject, after: JsonObject): readonly Differing[] => {
  const old = flatten(before);
  const fresh = flatten(after);
  const paths = new Set([...old.keys(), ...fresh.keys()]);
  return [...paths]
    .filter((path) => old.get(path) !== fresh.get(path))
    .map((path) => ({ path, before: old.get(path), after: fresh.get(path) }));
};

/** The same in lines: `instances.0.startedAt: "a" -> "b"`. */
export const difference = (before: JsonObject, after: JsonObject): readonly string[] =>
  differences(before, after).map(inWords);

export const inWords = ({ path, before, after }: Differing): string =>
  `${path}: ${before ?? 'absent'} -> ${after ?? 'absent'}`;

const flatten = (value: Json, path = '', into = new Map<string, string>()): Map<string, string> => {
  const inside = value !== null && typeof value === 'object' ? Object.entries(value) : [];
  for (const [key, inner] of inside) if (inner !== undefined) flatten(inner, path ? `${path}.${key}` : key, into);
  // An empty list is something else than no list.
  if (inside.length === 0 && path) into.set(path, JSON.stringify(value));
  return into;
};
