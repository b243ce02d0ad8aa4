import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { messageOf, RunbookError } from '../../engine/errors.ts';
import { makeOurs, ownDirectory, whyNotOurs } from '../../files/own-directory.ts';
import type { User } from '../../files/own-directory.ts';
import { readOwn, writeOwn } from '../../files/own-files.ts';
import { realPathOf } from '../../files/real-path.ts';
import { sha256 } from '../../files/sha256.ts';

const Entry = z.strictObject({
  version: z.literal(1),
  path: z.string(),
  /** Of the text that was trusted. */
  sha256: z.string(),
  at: z.iso.datetime(),
  by: z.strictObject({ uid: z.number(), login: z.string() }),
  /** The text without the secrets that are written out in it; a later difference is shown against it. */
  content: z.string(),
});
/** What was trusted, when, and by whom. */
export type TrustEntry = z.output<typeof Entry>;

/** A directory of the user's outside of every repository, with a file for each configuration that is trusted. */
export interface TrustStore {
  readonly directory: string;
  /** Undefined where there is none; one that is garbled, a link, or not ours alone does not count. */
  entry(path: string): TrustEntry | undefined;
  /** In the order of their paths. */
  entries(): readonly TrustEntry[];
  /** Errors: `failed`. */
  add(entry: TrustEntry): void;
  /** Whether there was something to remove. */
  remove(path: string): boolean;
}

/** `$XDG_STATE_HOME/rb/trusted`, else `~/.local/state/rb/trusted`, beside the audit log. */
export const openTrustStore = (user: User): TrustStore => {
  const own = ownDirectory('state', 'trusted', user);
  const directory = own.path;
  const placeOf = (path: string) => join(directory, `${sha256(path)}.json`);

  const read = (place: string): TrustEntry | undefined => {
    try {
      if (whyNotOurs(own) !== undefined) return undefined;
      const entry = z.parse(Entry, JSON.parse(readOwn(place)));
      return placeOf(entry.path) === place ? entry : undefined;
    } catch {
      return undefined;
    }
  };

  return {
    directory,
    entry: (path) => read(placeOf(realPathOf(path))),
    entries: () =>
      namesIn(directory)
        .flatMap((name) => read(join(directory, name)) ?? [])
        .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    add: (entry) => {
      try {
        makeOurs(own);
        writeOwn(placeOf(entry.path), `${JSON.stringify(entry)}\n`);
      } catch (cause) {
        throw new RunbookError('failed', `Cannot write down that it is trusted: ${messageOf(cause)}`, {
          next: [`ls -ld ${directory}`],
          cause,
        });
      }
    },
    remove: (path) => {
      const place = placeOf(realPathOf(path));
      const was = read(place) !== undefined;
      if (was) rmSync(place, { force: true });
      return was;
    },
  };
};

const namesIn = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};
