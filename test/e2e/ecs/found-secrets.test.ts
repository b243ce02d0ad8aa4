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
const message = Object.values(secrets)
  .map((secret) => `LEAK ${spellings(secret).join(' ')}`)
  .join(' ');
const failure = { code: 'InvalidParameterException', message };

const home = () => {
  const directory = newDirectory();
  const given = { Version: 1, AccessKeyId: 'AKIAPROCESSEXAMPLE00', SecretAccessKey: key, SessionToken: token };
  writeFiles(directory, {
    '.aws/config': '[profile process]\ncredential_process = "$HOME/login"\n[profile file]\nregion = eu-central-1\n',
    '.aws/credentials': `[file]\naws_access_key_id = AKIAFILEEXAMPLE00000\naws_secret_access_key = ${key}\naws_session_token = ${token}\n`,
    login: `#!/bin/sh\necho '${JSON.stringify(given)}'\n`,
  });
  return {
    HOME: directory,
    AWS_CONFIG_FILE: join(directory, '.aws', 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(directory, '.aws', 'credentials'),
  };
};

const places: Readonly<Record<string, () => { workload?: Record<string, string>; env: Record<string, string> }>> = {
  'the environment': () => ({
    env: { AWS_ACCESS_KEY_ID: 'AKIAENVEXAMPLE000000', AWS_SECRET_ACCESS_KEY: key, AWS_SESSION_TOKEN: token },
  }),
  'the credentials file': () => ({ workload: { profile: 'file' }, env: home() }),
  'a credential process': () => ({ workload: { profile: 'process' }, env: home() }),
};

describe.concurrent('a key that is found outside of the configuration shows nowhere', () => {
  test.for(Object.entries(places))('%s', async ([, prepare], { expect }) => {
    await using played = await play();
    const { workload = {}, env } = prepare();
    const operator = played.operator({ workload, env, keys: 'AWS_ACCESS_KEY_ID' in env });
    for (const [line, operation] of [
      ['restart status -v', 'DescribeServices'],
      ['restart status -o json', 'DescribeServices'],
      ['restart --rolling --dry-run -v', 'DescribeServices'],
      ['restart --rolling --yes -v', 'UpdateService'],
      ['restart --rolling --yes -o ndjson', 'UpdateService'],
    ] as const) {
      played.aws.failNext(operation, failure);
      const { all } = await operator.run(line);
      played.aws.failNoMore(operation);
      expect([line, all]).toEqual([line, expect.stringContaining('LEAK ‹secret:')]);
      expect([line, leaks(all, secrets)]).toEqual([line, []]);
    }
    for (const line of ['audit show -v', 'audit show -o json', 'audit report', 'audit report --html'])
      expect([line, leaks((await operator.run(line)).all, secrets)]).toEqual([line, []]);
    expect(operator.written()).toContain('LEAK ‹secret:');
    expect(leaks(operator.written(), secrets)).toEqual([]);
  });

  test('the check: an answer is shown as it is', async () => {
    await using played = await play();
    played.aws.failNext('DescribeServices', failure);
    const { all } = await played.operator().run('restart status -v');
    expect(leaks(all, secrets).length).toBeGreaterThan(10);
  });
});
