import type { EcsWorld } from '../ecs/state.ts';
import type { Operations } from './played-service.ts';

/** STS: who the caller is, and temporary credentials for a role. */
export const identityOperations = (world: EcsWorld): Operations => ({
  GetCallerIdentity: () => ({
    UserId: 'AIDASAMPLEUSERID',
    Account: world.identifiers.account,
    Arn: `arn:aws:iam::${world.identifiers.account}:user/on-call`,
  }),
  AssumeRole: ({ RoleArn, RoleSessionName }: { RoleArn: string; RoleSessionName: string }) => ({
    Credentials: {
      AccessKeyId: 'ASIAIOSFODNN7EXAMPLE',
      SecretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      SessionToken: 'AQoDYXdzEPT//////////wEXAMPLE',
      Expiration: new Date(Date.now() + 3_600_000),
    },
    AssumedRoleUser: {
      AssumedRoleId: `AROA3XFRBF535PLBIFPI4:${RoleSessionName}`,
      Arn: `${RoleArn}/${RoleSessionName}`,
    },
  }),
});
