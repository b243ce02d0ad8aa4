import type { ECSClientConfig } from '@aws-sdk/client-ecs';

/** What every client of the SDK can be made with. */
export interface ClientSettings {
  readonly region: string;
  readonly profile?: string;
  readonly credentials?: NonNullable<ECSClientConfig['credentials']>;
  readonly endpoint?: string;
  readonly ignoreConfiguredEndpointUrls: true;
  readonly maxAttempts: number;
  readonly retryMode: 'adaptive' | 'standard';
  readonly requestHandler: NonNullable<ECSClientConfig['requestHandler']>;
  readonly logger: NonNullable<ECSClientConfig['logger']>;
}
