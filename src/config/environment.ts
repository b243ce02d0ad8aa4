import { RunbookError } from '../engine/errors.ts';
import type { LoadedConfig } from './file/load.ts';
import { didYouMean } from './check/did-you-mean.ts';
import type { EnvironmentConfig } from './schema.ts';

export interface SelectedEnvironment {
  readonly name: string;
  readonly environment: EnvironmentConfig;
}

/**
 * The environment to work on: `--env`, else `defaultEnvironment`, else the only one there is. No environment variable
 * takes part: one that was left behind in a shell would lead to production.
 * Errors: `usage` for a name that is not there, and where several are there and none is meant.
 */
export const selectEnvironment = (loaded: LoadedConfig, flag?: string): SelectedEnvironment => {
  const { config, file } = loaded;
  const names = Object.keys(config.environments);
  const wanted = flag ?? config.defaultEnvironment ?? (names.length === 1 ? names[0] : undefined);
  if (wanted === undefined)
    throw new RunbookError('usage', `several environments and no default: ${names.join(', ')}`, {
      next: [`name one: --env ${names[0]}`, `or add to ${file}: defaultEnvironment: ${names[0]}`],
    });
  const environment = Object.hasOwn(config.environments, wanted) ? config.environments[wanted] : undefined;
  if (environment) return { name: wanted, environment };
  const from = flag === undefined ? ` (defaultEnvironment in ${file})` : '';
  throw new RunbookError(
    'usage',
    `no environment ${JSON.stringify(wanted)}${from}; there are: ${names.join(', ')}${didYouMean(wanted, names)}`,
    { next: [`name one of them: --env ${names[0]}`] },
  );
};

/** The error for a capability that a command needs and the configuration lacks: what to add and where. `example`: below the environment's name. */
export const missingSection = (
  loaded: LoadedConfig,
  environment: string,
  key: string,
  example: string,
): RunbookError => {
  const lines = ['environments:', `  ${environment}:`, ...example.split('\n').map((line) => `    ${line}`)];
  return new RunbookError(
    'usage',
    `${loaded.file} says nothing about \`${key}\` of ${environment}. For example:\n\n${lines.map((line) => `  ${line}`).join('\n')}`,
    { next: [`add \`${key}\` below environments.${environment} in ${loaded.file}`, 'rb config check'] },
  );
};
