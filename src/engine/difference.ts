import type { Json, JsonObject } from './json.ts';

/** Lines that say what differs between two JSON objects: `instances.0.startedAt: "a" -> "b"`. */
export const difference = (before: JsonObject, after: JsonObject): readonly string[] => {
  const old = flatten(before);
  const fresh = flatten(after);
  const paths = new Set([...old.keys(), ...fresh.keys()]);
  return [...paths]
    .filter((path) => old.get(path) !== fresh.get(path))
    .map((path) => `${path}: ${old.get(path) ?? 'absent'} -> ${fresh.get(path) ?? 'absent'}`);
};

const flatten = (value: Json, path = '', into = new Map<string, string>()): Map<string, string> => {
  const inside = value !== null && typeof value === 'object' ? Object.entries(value) : [];
  for (const [key, inner] of inside) flatten(inner, path ? `${path}.${key}` : key, into);
  // An empty list is something else than no list.
  if (inside.length === 0 && path) into.set(path, JSON.stringify(value));
  return into;
};
