import { homedir } from 'node:os';
import { join } from 'node:path';
import { RunbookError } from '../../engine/errors.ts';
import { whyNotPlain } from '../../files/plain-file.ts';
import type { Environment } from '../process/environment.ts';

const largest = 4 * 1024 * 1024;

/** The SDK reads these files by itself, and would wait for the writer of a pipe. Errors: `usage` where one is not a plain file. */
export const requirePlainSharedFiles = (environment: Environment): void => {
  const inHome = (name: string) => join(environment['HOME'] || homedir(), '.aws', name);
  const files = [
    environment['AWS_CONFIG_FILE'] || inHome('config'),
    environment['AWS_SHARED_CREDENTIALS_FILE'] || inHome('credentials'),
    environment['AWS_WEB_IDENTITY_TOKEN_FILE'],
  ];
  for (const file of files) {
    const why = file ? whyNotPlain(file, { largest }) : undefined;
    if (why !== undefined)
      throw new RunbookError('usage', `cannot read ${file} for AWS: ${why}`, { next: [`ls -l ${file}`] });
  }
};
