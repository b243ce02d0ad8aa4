import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pythonOf, requirements, virtualEnvironment } from './environment.ts';

/** `node test/rigs/aws/install.ts`: builds the virtual environment of the AWS rig, once for each set of pinned versions. */
const run = (program: string, ...words: string[]) => execFileSync(program, words, { stdio: 'inherit' });

/** An environment whose interpreter was removed or upgraded away is there and does not start. */
const works = (directory: string): boolean => {
  try {
    execFileSync(pythonOf(directory), ['-c', 'import moto.server, awscli.clidriver'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

const build = (directory: string) => {
  mkdirSync(dirname(directory), { recursive: true });
  // Beside its destination, so that the rename is one step: two installations at once never see half of one.
  const unfinished = mkdtempSync(`${directory}.unfinished-`);
  try {
    const environment = join(unfinished, 'environment');
    run('python3', '-m', 'venv', environment);
    const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--requirement', requirements];
    run(pythonOf(environment), '-m', 'pip', 'install', ...options);
    run(pythonOf(environment), '-m', 'pip', 'check');
    // Another installation may have been faster, and its programs may run already.
    if (works(directory)) return;
    rmSync(directory, { recursive: true, force: true });
    renameSync(environment, directory);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
};

const directory = virtualEnvironment();
if (!works(directory)) build(directory);
process.stdout.write(`AWS rig: ${directory}\n`);
