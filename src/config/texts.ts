/** A text of a configuration and where it is. */
export interface PlacedText {
  readonly path: readonly (string | number)[];
  readonly text: string;
  /** The list that it is an entry of; else empty. */
  readonly around: readonly unknown[];
}

/** All texts in a value, lists and mappings included. */
export const textsIn = (
  value: unknown,
  path: readonly (string | number)[] = [],
  around: readonly unknown[] = [],
): readonly PlacedText[] => {
  if (typeof value === 'string') return [{ path, text: value, around }];
  if (Array.isArray(value)) return value.flatMap((item, index, items) => textsIn(item, [...path, index], items));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, [...path, key]));
};
