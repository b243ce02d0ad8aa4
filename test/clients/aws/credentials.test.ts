import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { remembering } from '../../../src/clients/aws/secrets.ts';
import { runAwsCli } from '../../rigs/aws/aws-cli.ts';
import { environmentOf } from '../../rigs/aws/local-environment.ts';
import type { ScriptedAws } from '../../rigs/aws/scripted.ts';
import { startScriptedAws } from '../../rigs/aws/scripted.ts';
import { scenario } from '../../providers/workload/ecs/ecs-rig.ts';
import { haveTimeForPrograms } from '../../patience.ts';

haveTimeForPrograms();

const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const keys = (id: string) => `aws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`;
const fromProcess = JSON.stringify({ Version: 1, AccessKeyId: 'AKIAPROCESSEXAMPLE00', SecretAccessKey: secret });

const config = (elsewhere: string) => `
[default]
${keys('AKIADEFAULTEXAMPLE00')}
[profile prod]
${keys('AKIAPRODEXAMPLE00000')}
[profile role]
role_arn = arn:aws:iam::111122223333:role/on-call
source_profile = prod
[profile process]
credential_process = echo '${fromProcess}'
[profile mfa]
role_arn = arn:aws:iam::111122223333:role/on-call
source_profile = prod
mfa_serial = arn:aws:iam::111122223333:mfa/ada
[sso-session live]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-central-1
[sso-session over]
sso_start_url = https://example.awsapps.com/start
sso_region = eu-central-1
[profile sso]
sso_session = live
sso_account_id = 111122223333
sso_role_name = on-call
[profile sso-over]
sso_session = over
sso_account_id = 111122223333
sso_role_name = on-call
[profile here]
${keys('AKIAHEREEXAMPLE00000')}
endpoint_url = ${elsewhere}
[profile here-for-ecs]
${keys('AKIAHEREEXAMPLE00000')}
endpoint_url = http://127.0.0.1:9
services = local
[services local]
ecs =
  endpoint_url = ${elsewhere}
[profile nowhere]
${keys('AKIANOWHEREEXAMPLE00')}
endpoint_url = http://127.0.0.1:9
`;

let aws: ScriptedAws;
let home: string;
let environment: Record<string, string>;

beforeAll(async () => {
  aws = await startScriptedAws(scenario());
  home = await mkdtemp(join(tmpdir(), 'rb-aws-'));
  environment = { ...environmentOf(home, aws.endpoint, aws.region) };
  await mkdir(join(home, '.aws', 'sso', 'cache'), { recursive: true });
  await writeFile(join(home, '.aws', 'config'), config(aws.endpoint));
  const token = (session: string, expiresAt: Date) =>
    writeFile(
      join(home, '.aws', 'sso', 'cache', `${createHash('sha1').update(session).digest('hex')}.json`),
      JSON.stringify({
        accessToken: session,
        expiresAt: expiresAt.toISOString(),
        region: 'eu-central-1',
        startUrl: 'https://example.awsapps.com/start',
      }),
    );
  await token('live', new Date(Date.now() + 3_600_000));
  await token('over', new Date(Date.now() - 3_600_000));
});
afterAll(async () => {
  await rm(home, { recursive: true });
  await aws.close();
});

const run = promisify(execFile);
const withoutEndpoint = (): Record<string, string> => {
  const { AWS_ENDPOINT_URL: _, ...rest } = environment;
  return rest;
};

/** What one look says, and the secrets that were remembered for it. */
const asked = async (
  profile: string | undefined,
  env: Record<string, string> = environment,
): Promise<{ readonly said: unknown; readonly secrets: readonly string[] }> => {
  const words = [
    join(import.meta.dirname, 'ask.ts'),
    aws.cluster,
    'checkout',
    ...(profile === undefined ? [] : [profile]),
  ];
  const { stdout, stderr } = await run(process.execPath, words, { env: { PATH: process.env['PATH'], ...env } });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Awaited<ReturnType<typeof asked>>;
};
const ask = async (...given: Parameters<typeof asked>): Promise<unknown> => (await asked(...given)).said;

/** The key with which ECS was asked. */
const keyUsed = () => aws.requests.findLast(({ operation }) => operation === 'DescribeServices')?.accessKey;

const environmentKeys = { AWS_ACCESS_KEY_ID: 'AKIAENVEXAMPLE000000', AWS_SECRET_ACCESS_KEY: secret };

describe('credentials, as the AWS CLI finds them, against the scripted peer', () => {
  test.each([
    ['the default profile', undefined, {}],
    ['keys in the environment', undefined, environmentKeys],
    ['AWS_PROFILE', undefined, { AWS_PROFILE: 'prod' }],
    ['keys in the environment before AWS_PROFILE', undefined, { ...environmentKeys, AWS_PROFILE: 'prod' }],
    ['the configured profile before AWS_PROFILE', 'prod', { AWS_PROFILE: 'nowhere' }],
    ['the configured profile before keys in the environment', 'prod', environmentKeys],
    ['a role of another profile', 'role', {}],
    ['a process that prints them', 'process', {}],
    ['an SSO session', 'sso', {}],
  ] as const)('%s', async (_, profile, more) => {
    const env = { ...environment, ...more };
    aws.forgetCalls();
    expect(await ask(profile, env)).toMatchObject({ healthy: 3 });
    const ours = keyUsed();
    aws.forgetCalls();
    const words = ['ecs', 'describe-services', '--cluster', aws.cluster, '--services', 'checkout'];
    const cli = await runAwsCli([...words, ...(profile === undefined ? [] : ['--profile', profile])], { env });
    expect(cli.stderr).toBe('');
    expect(ours).toBe(keyUsed());
  });

  test('the endpoint of the configured profile, and not that of the ambient one', async () => {
    for (const profile of ['here', 'here-for-ecs'])
      expect(await ask(profile, { ...withoutEndpoint(), AWS_PROFILE: 'nowhere' })).toMatchObject({ healthy: 3 });
    expect(await ask('nowhere', withoutEndpoint())).toMatchObject({ kind: 'unreachable' });
  });

  test('through the proxy of the environment', async () => {
    const passed: string[] = [];
    const proxy = createServer((request, response) => {
      passed.push(request.url ?? '');
      const { pathname } = new URL(request.url ?? '');
      const onwards = forward(
        `${aws.endpoint}${pathname}`,
        { method: request.method, headers: request.headers },
        (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        },
      );
      request.pipe(onwards);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const env = { ...environment, AWS_ENDPOINT_URL: 'http://ecs.example.com', HTTP_PROXY: address };
    expect(await ask('prod', env)).toMatchObject({ healthy: 3 });
    expect(passed).toEqual(['http://ecs.example.com/']);
    proxy.closeAllConnections();
    proxy.close();
  });

  test('an SSO session that is over: how to log in', async () => {
    expect(await ask('sso-over')).toEqual({
      kind: 'unreachable',
      message: expect.stringContaining('the SSO session of the AWS profile sso-over is over') as string,
      next: ['aws sso login --profile sso-over'],
    });
  });

  test('a role that needs an MFA code: nobody is asked for it', async () => {
    expect(await ask('mfa')).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('needs an MFA code') as string,
      next: [
        expect.stringContaining('aws sts get-caller-identity --profile mfa'),
        expect.stringContaining('credential_process'),
      ],
    });
  });

  test('no credentials, or a profile that is not there', async () => {
    const none = {
      ...environment,
      AWS_CONFIG_FILE: join(home, 'none'),
      AWS_SHARED_CREDENTIALS_FILE: join(home, 'none'),
    };
    expect(await ask(undefined, none)).toMatchObject({ kind: 'unreachable' });
    expect(await ask('prodd')).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('the AWS profile prodd cannot be used') as string,
    });
  });
});

/** A server that gives the same answer to everything, and what it was asked with. */
const answering = async (type: string, body: string) => {
  const authorizations: unknown[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    response.setHeader('content-type', type).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, authorizations, [Symbol.dispose]: () => void server.close() };
};
const later = () => new Date(Date.now() + 3_600_000).toISOString();
const withoutFiles = () => ({
  ...environment,
  AWS_CONFIG_FILE: join(home, 'none'),
  AWS_SHARED_CREDENTIALS_FILE: join(home, 'none'),
});

describe('every secret is remembered before it is used', () => {
  test.each([
    ['the default profile', undefined, {}],
    ['keys in the environment', undefined, environmentKeys],
    ['AWS_PROFILE', undefined, { AWS_PROFILE: 'prod' }],
    ['a process that prints them', 'process', {}],
  ] as const)('%s', async (_, profile, more) => {
    expect((await asked(profile, { ...environment, ...more })).secrets).toContain(secret);
  });

  test('a session token in the environment', async () => {
    const env = { ...environment, ...environmentKeys, AWS_SESSION_TOKEN: 'a-session-token-of-mine' };
    expect((await asked(undefined, env)).secrets).toContain('a-session-token-of-mine');
  });

  test('a role: its keys, its token, and the keys of the profile that took it on', async () => {
    const { secrets } = await asked('role');
    expect(secrets).toContain(secret);
    expect(secrets.length).toBeGreaterThanOrEqual(2);
  });

  test('an SSO session: its token, and the credentials that it was given for it', async () => {
    const { secrets } = await asked('sso');
    expect(secrets).toContain('live');
    expect(secrets.length).toBeGreaterThanOrEqual(3);
  });

  test('a web identity: the token of the file, and the credentials', async () => {
    const file = join(home, 'web-identity');
    await writeFile(file, 'web-identity-canary\n');
    const credentials = `<AccessKeyId>ASIAWEBEXAMPLE000000</AccessKeyId><SecretAccessKey>web-secret-canary</SecretAccessKey><SessionToken>web-token-canary</SessionToken><Expiration>${later()}</Expiration>`;
    const name = 'AssumeRoleWithWebIdentity';
    using sts = await answering(
      'text/xml',
      `<${name}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${name}Result><Credentials>${credentials}</Credentials></${name}Result></${name}Response>`,
    );
    const { said, secrets } = await asked(undefined, {
      ...withoutFiles(),
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_WEB_IDENTITY_TOKEN_FILE: file,
      AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/on-call',
    });
    expect(said).toMatchObject({ healthy: 3 });
    expect(secrets).toEqual(expect.arrayContaining(['web-identity-canary', 'web-secret-canary', 'web-token-canary']));
  });

  test('a container: what it is asked with, and the credentials', async () => {
    using agent = await answering(
      'application/json',
      JSON.stringify({
        AccessKeyId: 'ASIACONTAINEREXAMPLE',
        SecretAccessKey: 'container-secret-canary',
        Token: 'container-token-canary',
        Expiration: later(),
      }),
    );
    const { said, secrets } = await asked(undefined, {
      ...withoutFiles(),
      AWS_CONTAINER_CREDENTIALS_FULL_URI: agent.url,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'container-authorization-canary',
    });
    expect([said, agent.authorizations]).toEqual([
      expect.objectContaining({ healthy: 3 }),
      ['container-authorization-canary'],
    ]);
    expect(secrets).toEqual(
      expect.arrayContaining(['container-secret-canary', 'container-token-canary', 'container-authorization-canary']),
    );
  });
});

test('renewed credentials are remembered as well', async () => {
  let made = 0;
  const provider = async () => {
    made += 1;
    const expiration = new Date(Date.now() + 1000);
    return { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: `secret-${made}`, sessionToken: `token-${made}`, expiration };
  };
  const known: string[] = [];
  const find = remembering(provider, undefined, {}, (_, one) => void known.push(one));
  await find();
  await find();
  expect(known).toEqual(expect.arrayContaining(['secret-1', 'token-1', 'secret-2', 'token-2']));
});

describe('what AWS refuses, against the scripted peer', () => {
  const arn = 'arn:aws:ecs:eu-central-1:111122223333:service/prod/checkout';

  test('a missing right: the action and the resource', async () => {
    const said = `User: arn:aws:iam::111122223333:user/ada is not authorized to perform: ecs:DescribeServices on resource: ${arn} because no identity-based policy allows the ecs:DescribeServices action`;
    aws.failNext('DescribeServices', { code: 'AccessDeniedException', message: said });
    expect(await ask('prod')).toEqual({
      kind: 'unreachable',
      message: `not allowed: ${said}`,
      next: ['allow ecs:DescribeServices to this role'],
    });
  });

  test.each(['ExpiredTokenException', 'UnrecognizedClientException', 'InvalidSignatureException'])(
    'credentials that AWS does not take: %s',
    async (code) => {
      aws.failNext('DescribeServices', { code, message: 'The security token included in the request is not valid' });
      expect(await ask('prod')).toMatchObject({
        kind: 'unreachable',
        message: expect.stringContaining('the AWS profile prod: AWS does not take its credentials') as string,
      });
    },
  );

  test('another answer that means no is told as it is', async () => {
    aws.failNext('DescribeServices', { code: 'InvalidParameterException', message: 'Invalid identifier' });
    expect(await ask('prod')).toMatchObject({
      kind: 'failed',
      message: 'ecs:DescribeServices was refused by AWS: Invalid identifier',
    });
  });

  test('nobody there', async () => {
    const env = { ...environment, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };
    expect(await ask('prod', env)).toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(
        /^AWS does not answer in eu-central-1 .*: connection refused \(127\.0\.0\.1:9\)$/,
      ) as string,
    });
  });
});
