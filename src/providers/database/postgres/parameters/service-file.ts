import { join } from 'node:path';
import { RunbookError } from '../../../../engine/errors.ts';
import { readPlainText } from '../../../../files/plain-file.ts';
import type { Parameters } from './url.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What pg_service.conf says about a service: the user's file (PGSERVICEFILE, else ~/.pg_service.conf) before the system's
 * (in PGSYSCONFDIR). Errors: `usage` where neither has it.
 */
export const readService = (name: string, environment: Environment, home: string): Parameters => {
  const own = environment['PGSERVICEFILE'] ?? join(home, '.pg_service.conf');
  const system = join(environment['PGSYSCONFDIR'] ?? '/etc/postgresql-common', 'pg_service.conf');
  for (const file of [own, system]) {
    const found = sectionOf(textOf(file), name);
    if (found) return found;
  }
  throw new RunbookError('usage', `The database service "${name}" is not defined in ${own} or ${system}.`, {
    next: [`add a section [${name}] with host, port, dbname and user`],
  });
};

const textOf = (file: string): string => {
  try {
    return readPlainText(file, { largest: 1024 * 1024 });
  } catch {
    return '';
  }
};

const sectionOf = (text: string, name: string): Parameters | undefined => {
  let inside = false;
  let found: Record<string, string> | undefined;
  for (const line of text.split(/\r?\n/).map((each) => each.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      inside = line === `[${name}]`;
      if (inside) found ??= {};
    } else if (inside && found && line.includes('=')) {
      const at = line.indexOf('=');
      found[line.slice(0, at).trim()] ??= line.slice(at + 1).trim();
    }
  }
  return found;
};
