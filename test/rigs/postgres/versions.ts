import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { postgresBinaries } from '../../../sandbox/stack/postgres-binaries.ts';

/** A server that tests run on. */
export interface PostgresVersion {
  /** `PostgreSQL 15`. */
  readonly name: string;
  readonly major: number;
  /** The directory of `initdb` and `postgres`. */
  readonly binaries: string;
}

/** Other versions than the machine's own lie here. The server does not run as root, and cannot look into root's home. */
export const versionsDirectory =
  process.getuid?.() === 0
    ? '/var/cache/rb-rigs'
    : join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'rb-rigs');

/** The machine's own first, then what `install.ts` has brought, newest first; one of each major version. */
export const postgresVersions = async (): Promise<readonly PostgresVersion[]> => {
  const own = await postgresBinaries(process.env);
  const found = [...(own === undefined ? [] : [own]), ...broughtVersions()];
  const versions = found.map((binaries) => {
    const major = majorOf(binaries);
    return { name: `PostgreSQL ${major}`, major, binaries };
  });
  return versions.filter((one, index) => versions.findIndex(({ major }) => major === one.major) === index);
};

/** The programs of the versions that `install.ts` has brought. */
export const broughtVersions = (): readonly string[] => {
  if (!existsSync(versionsDirectory)) return [];
  return readdirSync(versionsDirectory)
    .filter((name) => name.startsWith('postgres-'))
    .toSorted()
    .toReversed()
    .map((name) => join(versionsDirectory, name, 'native', 'bin'))
    .filter((binaries) => existsSync(join(binaries, 'postgres')));
};

const majorOf = (binaries: string): number => {
  const { stdout } = spawnSync(join(binaries, 'postgres'), ['--version'], { encoding: 'utf8' });
  return Number(/\d+/.exec(stdout)?.[0] ?? Number.NaN);
};
