import { keyPath } from './key-path.ts';

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** Line and column of a value, then of its key, by key path; '' is the whole file. */
export type PlaceTable = Readonly<Record<string, readonly [number, number, number, number]>>;

/** Where in the file things are. */
export interface Places {
  /** Where the value at `path` begins, or its key; of what is not there, where the key of the nearest mapping around it is. */
  position(path: readonly PropertyKey[], of?: 'key' | 'value'): Position;
  /** Whether it is written in the file, and not a default. */
  has(path: readonly PropertyKey[]): boolean;
}

/** `table` is only asked for when a position is. */
export const placesFrom = (table: () => PlaceTable): Places => ({
  position: (path, of = 'value') => {
    for (let depth = path.length; depth >= 0; depth -= 1) {
      const key = keyPath(path.slice(0, depth));
      const place = Object.hasOwn(table(), key) ? table()[key] : undefined;
      if (!place) continue;
      const [line, column, keyLine, keyColumn] = place;
      return of === 'value' && depth === path.length ? { line, column } : { line: keyLine, column: keyColumn };
    }
    return { line: 1, column: 1 };
  },
  has: (path) => Object.hasOwn(table(), keyPath(path)),
});
