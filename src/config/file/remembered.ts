import { dirname, join, resolve } from 'node:path';
import { fileName } from './file-name.ts';
import type { CheckedText, LoadedConfig } from './load.ts';
import { readOwn, writeOwn } from '../../files/own-files.ts';
import { placesFrom } from './places.ts';
import { isSecretText, passwordsIn } from '../secrets/secret-keys.ts';
import { readSource } from './source.ts';
import type { ConfigSource } from './source.ts';
import { textsIn } from '../references/texts.ts';

/*
 * Reading YAML and checking it costs more than the rest of a short command together, and mostly the file is the same as the
 * last time. What was found valid is kept beside the compile cache of the same build, with what tells the text that it was read
 * from: it counts only for exactly the same text. Everything about it is optional: what cannot be read, is not ours alone, or
 * does not fit is as if it were not there.
 */

interface Kept extends CheckedText {
  readonly path: string;
  /** See `signOf`. */
  readonly sign: string;
  /** Of the text that it was made from: what is trusted is this one, whatever the sign says. */
  readonly digest: string;
}

/**
 * `loadAndCheck`, fast where the file is as it was the last time. Same results, same errors. `memory`: a directory of this build and
 * of ours alone (`openCache`); where it is undefined, nothing is remembered.
 */
export const loadRemembered = async (
  path: string,
  { cwd, memory }: { readonly cwd?: string; readonly memory: string | undefined },
): Promise<LoadedConfig> => {
  const absolute = resolve(path);
  const file = fileName(absolute, cwd);
  const source = readSource(absolute, file);
  const kept = recall(absolute, source, memory);
  if (kept) {
    const { config, facts, table, digest } = kept;
    return {
      path: absolute,
      file,
      directory: dirname(absolute),
      config,
      secrets: new Set(),
      facts,
      document: placesFrom(() => table),
      source,
      digest: async () => digest,
    };
  }
  const [{ loadAndCheck }, { describeConfig }] = await Promise.all([import('./load.ts'), import('../schema.ts')]);
  const { loaded, checked } = loadAndCheck(path, await describeConfig(), { cwd, source });
  if (!holdsSecrets(loaded)) await remember(loaded, memory, checked);
  return loaded;
};

const recall = (path: string, source: ConfigSource, memory: string | undefined): Kept | undefined => {
  if (memory === undefined) return undefined;
  try {
    const kept: Kept = JSON.parse(readOwn(placeFor(memory, path)));
    return kept.path === path && kept.sign === signOf(source) ? kept : undefined;
  } catch {
    return undefined;
  }
};

const remember = async (
  { path, source, digest }: LoadedConfig,
  memory: string | undefined,
  checked: () => CheckedText,
): Promise<void> => {
  if (memory === undefined) return;
  try {
    const kept: Kept = { path, sign: signOf(source), digest: await digest(), ...checked() };
    writeOwn(placeFor(memory, path), JSON.stringify(kept));
  } catch {
    // A full disk or a home that cannot be written: the next time it is read again.
  }
};

/**
 * Which file it was and when it was last changed, and the text's length and checksum: a change that escapes the one does not
 * escape the other. Not the text itself, which may hold notes in its comments; and nothing of Node's,
 * because loading SHA-256 takes a fifth of the time of a short command, and CRC-32 brings all of its streams.
 */
const signOf = ({ identity, text }: ConfigSource): string => [identity, text.length, checksum(text)].join(' ');

/** FNV-1a, 32 bits, over the units of the text. http://www.isthe.com/chongo/tech/comp/fnv/ */
const checksum = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
};

/** A secret that is written out is in one file too many already. */
const holdsSecrets = ({ config, secrets }: LoadedConfig): boolean =>
  textsIn(config).some((placed) => isSecretText(placed, secrets) || passwordsIn(placed.text).length > 0);

/** Two long paths may share a place; the path inside says whose it is. */
const placeFor = (directory: string, path: string): string =>
  join(directory, `${encodeURIComponent(path).slice(-200)}.json`);
