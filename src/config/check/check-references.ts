import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { programFault } from '../../files/program.ts';
import type { ProgramSearch } from '../../files/program.ts';
import { referencesIn, splitWords, strangeDollar } from '../references/reference-syntax.ts';
import type { Reference } from '../references/reference-syntax.ts';

export interface Remark {
  readonly level: 'error' | 'warn';
  readonly message: string;
}

export interface ReferenceSurroundings extends ProgramSearch {
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What can be said about the references in a text without resolving them: no command is run, no file is read. */
export const checkReferences = (text: string, surroundings: ReferenceSurroundings): readonly Remark[] => {
  const strange = strangeDollar(text);
  return [
    ...referencesIn(text).flatMap((reference) => checkReference(reference, surroundings)),
    ...(strange === undefined
      ? []
      : [warning(`${strange} is passed on as it is written: there is no shell; a reference is \${env:NAME}`)]),
  ];
};

const checkReference = (reference: Reference, surroundings: ReferenceSurroundings): readonly Remark[] => {
  const { kind, target, name, fault } = reference;
  if (fault !== undefined) return [{ level: 'error', message: `\${${name}}: ${fault}` }];
  if (kind === 'env')
    return surroundings.env[target] ? [] : [warning(`the environment variable ${target} is not set here`)];
  if (kind === 'file') return checkFile(resolve(surroundings.directory, target));
  const why = programFault(splitWords(target)[0] ?? '', surroundings);
  return why === undefined ? [] : [warning(`\${${name}} cannot be run here: ${why}`)];
};

const checkFile = (path: string): readonly Remark[] => {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return [warning(`${path}: no such file here`)];
  if (!stat.isFile()) return [{ level: 'error', message: `${path} is not a file` }];
  // Only a warning: Kubernetes mounts secrets readable for everyone in the container.
  return (stat.mode & 0o004) === 0
    ? []
    : [warning(`${path} can be read by everyone on this machine (chmod o-r ${path})`)];
};

const warning = (message: string): Remark => ({ level: 'warn', message });
