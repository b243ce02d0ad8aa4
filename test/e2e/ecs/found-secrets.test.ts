import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newDirectory, writeFiles } from '../rig.ts';
import { leaks, spellings } from '../spellings.ts';
import { play } from './stage.ts';

/*
 * Keys and tokens that rb finds by itself, as the AWS CLI does. AWS gives them away: its answers quote them, in every spelling.
 */

const secrets = {
  'the secret key': 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  'the session token': 'IQoJb3JpZ2luX2VjEJr//////////wEaDGV1+canary==',
};
const { 'the secret key': key, 'the session token': token } = secrets;
const failureWith = (all: Readonly<Record<string, string>>) => ({
  code: 'InvalidParameterException',
  message: Object.values(all)
    .map((secret) => `LEAK ${spellings(secret).join(' ')}`)
    .join(' '),
});

/** What a login is renewed with. */
const renewing = { 'the refresh token': 'refresh-canary-4711', 'the key of the login': 'dpop-canary-4712' };

const login = {
  accessToken: {
    accessKeyId: 'AKIALOGINEXAMPLE0000',
    secretAccessKey: key,
    sessionToken: token,
    accountId: '111122223333',
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  },
  clientId: 'arn:aws:signin:::devtools/same-device',
  refreshToken: renewing['the refresh token'],
  dpopKey: renewing['the key of the login'],
  tokenType: 'urn:aws:params:oauth:token-type:access_token_sigv4',
};

const home = () => {
  const directory = newDirectory();
  const given = { Version: 1, AccessKeyId: 'AKIAPROCESSEXAMPLE00', SecretAccessKey: key, SessionToken: token };
  writeFiles(directory, {
    '.aws/config':
      '[profile process]\ncredential_process = "$HOME/login"\n[profile file]\nregion = eu-central-1\n[profile login]\nlogin_session = arn:aws:iam::111122223333:user/on-call\n',
    [`.aws/login/cache/${createHash('sha256').update('arn:aws:iam::111122223333:user/on-call').digest('hex')}.json`]:
      JSON.stringify(login),
    '.aws/credentials': `[file]\naws_access_key_id = AKIAFILEEXAMPLE00000\naws_secret_access_key = ${key}\naws_session_token = ${token}\n`,
    login: `#!/bin/sh\necho '${JSON.stringify(given)}'\n`,
  });
  return {
    HOME: directory,
    AWS_CONFIG_FILE: join(directory, '.aws', 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, '.aws', 'credentials'),
  };
};

interface Place {
  readonly workload?: Record<string, string>;
  readonly env: Record<string, string>;
  /** What else is found there. */
  readonly more?: Readonly<Record<string, string>>;
}

const places: Readonly<Record<string, () => Place>> = {
  'the environment': () => ({
    env: { AWS_ACCESS_KEY_ID: 'AKIAENVEXAMPLE000000', AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token },
  }),
  'the credentials file': () => ({ workload: { profile: 'file' }, env: home() }),
  'a login of the AWS CLI': () => ({ workload: { profile: 'login' }, env: home(), more: renewing }),
  'a credential process': () => ({ workload: { profile: 'process' }, env: home() }),
};

describe.concurrent('a key that is found outside of the configuration shows nowhere', () => {
  test.for(Object.entries(places))('%s', async ([, prepare], { expect }) => {
    await using played = await play();
    const { workload = {}, env, more } = prepare();
    const all = { ...secrets, ...more };
    const operator = played.operator({ workload, env, keys: 'AWS_ACCESS_KEY_ID' in env });
    for (const [line, operation] of [
      ['restart status -v', 'DescribeServices'],
      ['restart status -o json', 'DescribeServices'],
      ['restart --rolling --dry-run -v', 'DescribeServices'],
      ['restart --rolling --yes -v', 'UpdateService'],
      ['restart --rolling --yes -o ndjson', 'UpdateService'],
    ] as const) {
      played.aws.failNext(operation, failureWith(all));
      const { all: shown } = await operator.run(line);
      played.aws.failNoMore(operation);
      expect([line, shown]).toEqual([line, expect.stringContaining('LEAK ‹secret:')]);
      expect([line, leaks(shown, all)]).toEqual([line, []]);
    }
    for (const line of ['audit show -v', 'audit show -o json', 'audit report', 'audit report --html'])
      expect([line, leaks((await operator.run(line)).all, all)]).toEqual([line, []]);
    expect(operator.written()).toContain('LEAK ‹secret:');
    expect(leaks(operator.written(), all)).toEqual([]);
  });

  test('the check: an answer is shown as it is', async () => {
    await using played = await play();
    played.aws.failNext('DescribeServices', failureWith(secrets));
    const { all } = await played.operator().run('restart status -v');
    expect(leaks(all, secrets).length).toBeGreaterThan(10);
  });
});
