import { lstatSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { LoadedConfig } from '../file/load.ts';
import { quoted } from './quoted.ts';

/** Why a file is not the operator's own word, and what would make it so. */
export interface Obstacle {
  readonly what: string;
  readonly next: readonly string[];
}

/** Who but the operator decides what the file says; undefined where no one does. A file of root's is as good as one's own. */
export const othersInCharge = (loaded: LoadedConfig): Obstacle | undefined =>
  foreignOwner(loaded) ?? changeableByOthers(loaded, 0o022);

/**
 * Why a file cannot even be trusted as it is. That its group may change it is no reason: it is the text that is trusted, and a
 * changed one is another.
 */
export const trustObstacle = (loaded: LoadedConfig): Obstacle | undefined =>
  foreignOwner(loaded) ?? changeableByOthers(loaded, 0o002) ?? openDirectory(loaded);

const foreignOwner = ({ path, source }: LoadedConfig): Obstacle | undefined => {
  // Who may put a link there chooses in which directory the commands run.
  const link = lstatSync(path, { throwIfNoEntry: false });
  if (!link) return { what: 'it was removed while it was read', next: [`ls -l ${quoted(path)}`] };
  const uid = [source.uid, link.uid].find((owner) => !isOurs(owner));
  if (uid === undefined) return undefined;
  const what = link.isSymbolicLink() && uid === link.uid ? 'it is a link that belongs' : 'it belongs';
  return {
    what: `${what} to user ${uid}, and rb runs as user ${process.getuid?.()}`,
    next: [`ls -l ${quoted(path)}`, `chown -h ${nameOfUs()} ${quoted(path)}, once you know what it says`],
  };
};

const isOurs = (uid: number): boolean => {
  const us = process.getuid?.();
  return us === undefined || uid === us || uid === 0;
};

const changeableByOthers = ({ path, source }: LoadedConfig, bits: number): Obstacle | undefined => {
  if (process.getuid === undefined || (source.mode & bits) === 0) return undefined;
  return {
    what: `others can change it (mode ${(source.mode & 0o7777).toString(8).padStart(4, '0')})`,
    next: [`chmod go-w ${quoted(path)}`],
  };
};

/** In a directory with the sticky bit others can add files, but not replace ours. */
const openDirectory = ({ directory }: LoadedConfig): Obstacle | undefined => {
  const { mode } = statSync(directory);
  if (process.getuid === undefined || (mode & 0o002) === 0 || (mode & 0o1000) !== 0) return undefined;
  return {
    what: `everyone can put programs into its directory (mode ${(mode & 0o7777).toString(8).padStart(4, '0')})`,
    next: [`chmod o-w ${quoted(directory)}`],
  };
};

/** A container may run under a uid that has no name. */
const nameOfUs = (): string => {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.());
  }
};
