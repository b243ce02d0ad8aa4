import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pythonOf, virtualEnvironment } from './environment.ts';

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  /** Of the peer; nothing else of this machine's environment is passed on. */
  readonly env: Readonly<Record<string, string>>;
  /** How the CLI's own waiting is played: as the scripted peer's `time`. Default: it sleeps. */
  readonly time?: 'manual' | { readonly factor: number };
  readonly signal?: AbortSignal;
}

/**
 * Runs the real AWS CLI (version 1): `runAwsCli(['ecs', 'wait', 'services-stable', ...], { env: aws.env, time: 'manual' })`.
 * An exit code other than 0 is returned, not thrown.
 */
export const runAwsCli = (words: readonly string[], { env, time, signal }: Options): Promise<CliResult> => {
  const played = time === undefined || time === 'manual' ? time : `factor:${time.factor}`;
  const program = played === undefined ? ['-m', 'awscli'] : [join(import.meta.dirname, 'aws-cli.py')];
  return new Promise((resolve, reject) => {
    execFile(
      pythonOf(virtualEnvironment()),
      [...program, ...words],
      {
        env: {
          PATH: process.env['PATH'],
          AWS_DEFAULT_OUTPUT: 'json',
          ...env,
          ...(played === undefined ? {} : { RB_PLAYED_TIME: played }),
        },
        maxBuffer: 64 * 1024 * 1024,
        ...(signal === undefined ? {} : { signal }),
      },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== 'number') reject(error);
        else resolve({ exitCode: Number(error?.code ?? 0), stdout, stderr });
      },
    );
  });
};
