/** A text of a configuration and where it is. */
export interface PlacedText {
  readonly path: readonly (string | number)[];
  readonly text: string;
  /** The list that it is an entry of; else empty. */
  readonly around: readonly unknown[];
}

/** All texts in a value, lists and mappings included. */
export const textsIn = (value: unknown): readonly PlacedText[] => {
  const texts: PlacedText[] = [];
  const walk = (part: unknown, path: PlacedText['path'], around: readonly unknown[]): void => {
    if (typeof part === 'string') texts.push({ path, text: part, around });
    else if (Array.isArray(part)) for (const [index, item] of part.entries()) walk(item, [...path, index], part);
    else if (typeof part === 'object' && part !== null)
      for (const [key, inner] of Object.entries(part)) walk(inner, [...path, key], []);
  };
  walk(value, [], []);
  return texts;
};
