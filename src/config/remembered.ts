import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileName } from './file-name.ts';
import type { CheckedText, LoadedConfig } from './load.ts';
import { placesFrom } from './places.ts';
import { isSecretText, passwordsIn } from './secret-keys.ts';
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

interface Kept extends Omit<CheckedText, 'text'> {
  readonly program: string;
  readonly path: string;
  /** See `signOf`. */
  readonly sign: string;
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
  const kept = recall(absolute, memory);
  if (kept) {
    const { config, table } = kept;
    return {
      path: absolute,
      file: fileName(absolute, cwd),
      directory: dirname(absolute),
      config,
      document: placesFrom(() => table),
    };
  }
  const { loadAndCheck } = await import('./load.ts');
  const { loaded, checked } = loadAndCheck(path, cwd === undefined ? {} : { cwd });
  remember(absolute, memory, checked);
  return loaded;
};

const recall = (path: string, { directory, program }: Memory): Kept | undefined => {
  if (program === undefined) return undefined;
  try {
    const kept = JSON.parse(readOwn(placeFor(directory, path))) as Kept;
    const same =
      kept.program === program && kept.path === path && kept.sign === signOf(path, readFileSync(path, 'utf8'));
    return same ? kept : undefined;
  } catch {
    return undefined;
  }
};

const remember = (path: string, { directory, program }: Memory, checked: () => CheckedText): void => {
  if (program === undefined) return;
  try {
    const content = checked();
    if (holdsSecrets(content)) return;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (!isOurs(lstatSync(directory))) return;
    const place = placeFor(directory, path);
    const draft = `${place}.${process.pid}`;
    const { text, config, table } = content;
    const kept: Kept = { program, path, sign: signOf(path, text), config, table };
    try {
      writeFileSync(draft, JSON.stringify(kept), { flag: 'wx', mode: 0o600 });
      renameSync(draft, place);
    } finally {
      rmSync(draft, { force: true });
    }
  } catch {
    // A full disk or a home that cannot be written: the next time it is read again.
  }
};

/**
 * When the file was last changed, by the kernel's clock, and the text's length and checksum: a change that escapes the one
 * does not escape the other. Not the text itself, which may hold what somebody noted in a comment; and nothing of Node's,
 * because loading SHA-256 takes a fifth of the time of a short command, and CRC-32 brings all of its streams.
 */
const signOf = (path: string, text: string): string =>
  [statSync(path, { bigint: true }).ctimeNs, text.length, checksum(text)].join(' ');

/** FNV-1a, 32 bits, over the units of the text. http://www.isthe.com/chongo/tech/comp/fnv/ */
const checksum = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
};

/** A secret that is written out is in one file too many already. */
const holdsSecrets = ({ config }: CheckedText): boolean =>
  textsIn(config).some(({ text, path, around }) => isSecretText(text, path, around) || passwordsIn(text).length > 0);

const readOwn = (place: string): string => {
  const fd = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.nlink !== 1 || !isOurs(stat)) throw new Error('not ours alone');
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
};

const isOurs = ({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean =>
  uid === process.getuid?.() && (mode & 0o077) === 0;

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
