import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newDirectory, writeFiles } from '../rig.ts';
import { play } from './stage.ts';

const denied = (action: string) =>
  `User: arn:aws:sts::111122223333:assumed-role/on-call/ada is not authorized to perform: ${action} on resource: arn:aws:ecs:eu-central-1:111122223333:service/prod/checkout`;

/** A profile of IAM Identity Center whose session was over an hour ago. */
const ssoThatIsOver = () => {
  const home = newDirectory();
  const startUrl = 'https://example.awsapps.com/start';
  writeFiles(home, {
    '.aws/config': `[sso-session work]
sso_start_url = ${startUrl}
sso_region = eu-central-1
[profile prod]
sso_session = work
sso_account_id = 111122223333
sso_role_name = on-call
`,
    [join('.aws', 'sso', 'cache', `${createHash('sha1').update('work').digest('hex')}.json`)]: JSON.stringify({
      accessToken: 'an-access-token-of-ada',
      expiresAt: new Date(Date.now() - 3_600_000).toISOString(),
      region: 'eu-central-1',
      startUrl,
    }),
  });
  return { HOME: home, AWS_CONFIG_FILE: join(home, '.aws', 'config') };
};

const closedPort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
};

describe.concurrent('rb that is not let in by the scripted peer: exit code 5, nothing is done', () => {
  test.for([
    ['restart status', 'DescribeServices', 1],
    // Once for the instances before it, and once for the plan.
    ['restart --rolling --yes', 'DescribeServices', 2],
    ['restart --rolling --yes', 'UpdateService', 1],
    ['scale up --yes', 'UpdateService', 1],
  ] as const)('rb %s without the right to %s names the action', async ([line, operation, times]) => {
    await using played = await play();
    const action = `ecs:${operation}`;
    played.aws.failNext(operation, { code: 'AccessDeniedException', message: denied(action) }, times);
    const { code, stderr } = await played.operator().run(line);
    expect([code, stderr]).toEqual([5, expect.stringContaining(`is not authorized to perform: ${action}`)]);
    expect(stderr).toContain(`allow ${action} to this role`);
    expect(played.service.describe()).toMatchObject({ desiredCount: 3, deployments: [{}] });
  });

  test('credentials that have expired: how to look', async () => {
    await using played = await play();
    const message = 'The security token included in the request is expired';
    played.aws.failNext('DescribeServices', { code: 'ExpiredTokenException', message }, 2);
    const { code, stderr } = await played.operator().run('restart --rolling --yes');
    expect([code, stderr]).toEqual([5, expect.stringContaining(message)]);
    expect(stderr).toContain('aws sts get-caller-identity');
    expect(played.service.describe().deployments).toHaveLength(1);
  });

  test('an SSO session that is over: aws sso login', async () => {
    await using played = await play();
    const operator = played.operator({ workload: { profile: 'prod' }, env: ssoThatIsOver(), keys: false });
    const { code, stderr } = await operator.run('restart --rolling --yes');
    expect([code, stderr]).toEqual([5, expect.stringContaining('the SSO session of the AWS profile prod is over')]);
    expect(stderr).toContain('aws sso login --profile prod');
    expect([...played.aws.calls]).toEqual([]);
  });

  test.for([
    ['process', 'credential_process = "$HOME/login"', 'AKIAPROCESSEXAMPLE00'],
    ['role', 'role_arn = arn:aws:iam::111122223333:role/on-call\nsource_profile = base', 'ASIAIOSFODNN7EXAMPLE'],
  ])('credentials of a %s let it in, and are nowhere written', async ([profile = '', how = '', key = '']) => {
    await using played = await play();
    const home = newDirectory();
    const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
    writeFiles(home, {
      '.aws/config': `[profile ${profile}]\n${how}\n[profile base]\naws_access_key_id = AKIABASEEXAMPLE00000\naws_secret_access_key = ${secret}\n`,
      login: `#!/bin/sh\necho '${JSON.stringify({ Version: 1, AccessKeyId: 'AKIAPROCESSEXAMPLE00', SecretAccessKey: secret })}'\n`,
    });
    const env = { HOME: home, AWS_CONFIG_FILE: join(home, '.aws', 'config') };
    const operator = played.operator({ workload: { profile }, env, keys: false });
    const { code, stderr, stdout } = await operator.run('restart status');
    expect([code, stdout], stderr).toEqual([0, expect.stringContaining('3 of 3 instances healthy')]);
    const used = played.aws.requests.filter(({ service }) => service === 'ecs').map(({ accessKey }) => accessKey);
    expect(new Set(used)).toEqual(new Set([key]));
    expect(operator.written() + stdout + stderr).not.toContain(secret);
  });

  test('no credentials at all', async () => {
    await using played = await play();
    const { code, stderr } = await played.operator({ keys: false }).run('restart status');
    expect([code, stderr]).toEqual([5, expect.stringMatching(/no AWS credentials|credentials/)]);
    expect([...played.aws.calls]).toEqual([]);
  });

  test('an endpoint that nobody listens on, with its address', async () => {
    await using played = await play();
    const url = `http://127.0.0.1:${String(await closedPort())}`;
    const { code, stderr } = await played.operator({ env: { AWS_ENDPOINT_URL: url } }).run('restart --rolling --yes');
    expect([code, stderr]).toEqual([5, expect.stringContaining(url.slice('http://'.length))]);
    expect(stderr).toContain('check the network, the region and AWS_ENDPOINT_URL');
    expect([...played.aws.calls]).toEqual([]);
  });
});
