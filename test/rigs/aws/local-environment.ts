/**
 * The environment of a program that may talk to one local endpoint and to nothing else: the profiles, the SSO cache and the
 * instance metadata of the machine are out of its reach.
 */
export const localEnvironment = (
  endpoint: string,
  region = 'eu-central-1',
  home = '/nonexistent',
): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  AWS_CONFIG_FILE: `${home}/.aws/config`,
  AWS_SHARED_CREDENTIALS_FILE: `${home}/.aws/credentials`,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_PAGER: '',
  HOME: home,
  NO_PROXY: '127.0.0.1',
});
