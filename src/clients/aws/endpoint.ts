import { loadSharedConfigFiles } from '@smithy/core/config';
import { messageOf, RunbookError } from '../../engine/errors.ts';
import type { Environment } from '../process/environment.ts';

/**
 * The configured endpoint of a service, in the AWS CLI's order: the environment's for the service, the environment's for all,
 * the profile's `services` section, the profile's `endpoint_url`. Undefined: the service's own.
 * The SDK's clients do the same, but for the ambient profile, whatever profile they were given.
 */
export const endpointFor = async (
  service: string,
  profile: string | undefined,
  environment: Environment,
): Promise<string | undefined> => {
  if (isTrue(environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'])) return undefined;
  const fromEnvironment =
    environment[`AWS_ENDPOINT_URL_${service.toUpperCase().replaceAll(' ', '_')}`] || environment['AWS_ENDPOINT_URL'];
  if (fromEnvironment) return fromEnvironment;
  const name = profile ?? environment['AWS_PROFILE'] ?? 'default';
  const { configFile, credentialsFile } = await sharedFiles();
  const settings = { ...credentialsFile[name], ...configFile[name] };
  if (isTrue(settings['ignore_configured_endpoint_urls'])) return undefined;
  const { services } = settings;
  const own =
    services && configFile[`services.${services}`]?.[`${service.toLowerCase().replaceAll(' ', '_')}.endpoint_url`];
  return own || settings['endpoint_url'] || undefined;
};

const isTrue = (value: string | undefined): boolean => value?.toLowerCase() === 'true';

const sharedFiles = async () => {
  try {
    return await loadSharedConfigFiles();
  } catch (cause) {
    throw new RunbookError('unreachable', `the AWS configuration cannot be read: ${messageOf(cause)}`, {
      next: ['look at ~/.aws/config and ~/.aws/credentials'],
      cause,
    });
  }
};
