import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileName } from './file-name.ts';
import type { CheckedText, LoadedConfig } from './load.ts';
import { readOwn, writeOwn } from './own-files.ts';
import { placesFrom } from './places.ts';
import { isSecretText, passwordsIn } from './secret-keys.ts';
import { readSource } from './source.ts';
import type { ConfigSource } from './source.ts';
import { textsIn } from './texts.ts';

/*
 * Reading YAML and checking it costs more than the rest of a short command together, and mostly the file is the same as the
 * last time. What was found valid is kept beside the compile cache, with what tells the text that it was read from: it counts
 * only for exactly the same text and the same build of the program. Everything about it is optional: what cannot be read,
 * is not ours alone, or does not fit is as if it were not there.
 */

export interface Memory {
  /** Ours alone; made when it is first needed. */
  readonly directory: string;
  /** Stands for the build of the program: what another one found valid says nothing. Undefined: nothing is remembered. */
  readonly program?: string | undefined;
}

interface Kept extends CheckedText {
  readonly program: string;
  readonly path: string;
  /** See `signOf`. */
  readonly sign: string;
  /** Of the text that it was made from: what is trusted is this one, whatever the sign says. */
  readonly digest: string;
}

/** The memory of a user. Where the program is not built, nothing is remembered: its parts change one by one. */
export const memoryOf = (env: Readonly<Record<string, string | undefined>>, home: string): Memory => ({
  directory: join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'rb', 'configurations'),
  program: buildOf(import.meta.url),
});

/** `loadConfig`, fast where the file is as it was the last time. Same results, same errors. */
export const loadRemembered = async (
  path: string,
  { cwd, memory }: { readonly cwd?: string; readonly memory: Memory },
): Promise<LoadedConfig> => {
  const absolute = resolve(path);
  const file = fileName(absolute, cwd);
  const source = readSource(absolute, file);
  const kept = recall(absolute, source, memory);
  if (kept) {
    const { config, table, digest } = kept;
    return {
      path: absolute,
      file,
      directory: dirname(absolute),
      config,
      secrets: new Set(),
      document: placesFrom(() => table),
      source,
      digest: async () => digest,
    };
  }
  const { loadAndCheck } = await import('./load.ts');
  const { loaded, checked } = loadAndCheck(path, { cwd, source });
  if (!holdsSecrets(loaded)) await remember(loaded, memory, checked);
  return loaded;
};

const recall = (path: string, source: ConfigSource, { directory, program }: Memory): Kept | undefined => {
  if (program === undefined) return undefined;
  try {
    const kept: Kept = JSON.parse(readOwn(placeFor(directory, path)));
    const same = kept.program === program && kept.path === path && kept.sign === signOf(source);
    return same ? kept : undefined;
  } catch {
    return undefined;
  }
};

const remember = async (
  { path, source, digest }: LoadedConfig,
  { directory, program }: Memory,
  checked: () => CheckedText,
): Promise<void> => {
  if (program === undefined) return;
  try {
    const kept: Kept = { program, path, sign: signOf(source), digest: await digest(), ...checked() };
    writeOwn(placeFor(directory, path), JSON.stringify(kept));
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

/** A build has new file names or new times; see `scripts/build.ts`. */
const buildOf = (url: string): string | undefined => {
  if (!url.startsWith('file:') || !url.endsWith('.js')) return undefined;
  try {
    const file = fileURLToPath(url);
    return [process.version, file, statSync(file).mtimeMs, statSync(dirname(file)).mtimeMs].join(' ');
  } catch {
    return undefined;
  }
};
