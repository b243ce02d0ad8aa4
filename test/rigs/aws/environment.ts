import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Every Python package of the rig with its version, one a line. */
export const requirements = join(import.meta.dirname, 'requirements.txt');

const cache = (environment: NodeJS.ProcessEnv): string =>
  join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'rb-rigs');

/** The directory of the virtual environment. Its name carries a digest of the pinned versions: other pins, another directory. */
export const virtualEnvironment = (environment: NodeJS.ProcessEnv = process.env): string => {
  const pins = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  return join(cache(environment), `aws-${pins}`);
};

/** The Python that has moto and the AWS CLI. The environment was moved after it was built, so only `-m` starts its programs. */
export const pythonOf = (directory: string): string => join(directory, 'bin', 'python');

/** Whether the rig was installed. It is moved into place as a whole, so what is there is complete. */
export const isInstalled = (directory: string = virtualEnvironment()): boolean => existsSync(pythonOf(directory));

/** botocore's directory of API models: the ones that AWS publishes for its own SDKs and the CLI. */
export const apiModels = (directory: string = virtualEnvironment()): string => {
  const library = join(directory, 'lib');
  const python = readdirSync(library).find((name) => name.startsWith('python3'));
  if (python === undefined) throw new Error(`no Python library in ${library}; run node test/rigs/aws/install.ts`);
  return join(library, python, 'site-packages', 'botocore', 'data');
};
