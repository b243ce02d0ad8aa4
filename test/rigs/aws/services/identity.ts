import type { EcsWorld } from '../ecs/state.ts';
import { AwsError } from '../protocol/aws-error.ts';
import type { Operations } from './played-service.ts';

/** The portal of IAM Identity Center: temporary credentials for a role, for who has logged in. */
export const portalOperations = (): Operations => ({
  GetRoleCredentials: ({ accessToken }: { accessToken: string }) => {
    if (accessToken === 'expired')
      throw new AwsError('UnauthorizedException', 'Session token not found or invalid', 401);
    return {
      roleCredentials: {
        accessKeyId: 'ASIASSOEXAMPLE123456',
        secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
        sessionToken: 'AQoDYXdzEPT//////////wEXAMPLE',
        expiration: Date.now() + 3_600_000,
      },
    };
  },
});

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
