import { join } from 'node:path';

type Environment = Readonly<Record<string, string>>;

/**
 * The environment of a program that may talk to one local endpoint and to nothing else. Its profiles and its SSO cache are those
 * under `home`; the instance metadata of the machine is out of its reach.
 */
export const environmentOf = (home: string, endpoint: string, region = 'eu-central-1'): Environment => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_CONFIG_FILE: join(home, '.aws', 'config'),
  AWS_SHARED_CREDENTIALS_FILE: join(home, '.aws', 'credentials'),
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_PAGER: '',
  HOME: home,
  NO_PROXY: '127.0.0.1',
});

/** The same with keys and without any profile. */
export const localEnvironment = (endpoint: string, region?: string): Environment => ({
  ...environmentOf('/nonexistent', endpoint, region),
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
});
