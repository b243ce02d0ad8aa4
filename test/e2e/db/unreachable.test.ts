import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Ended } from '../program.ts';
import { newDirectory, newOperator, writeFiles } from '../rig.ts';
import { operatorAt, useDatabase } from './stage.ts';
import { join } from 'node:path';

const stage = useDatabase({});

/** What is told of why, besides the title and what to do next. */
const reason = ({ stderr }: Ended): readonly string[] =>
  stderr.split('\n').filter((line) => line.startsWith('✗ Connections '));

const refused = async (url: string, why: RegExp) => {
  const run = await operatorAt(url).run('db connections');
  expect([run.code, reason(run)], run.all).toEqual([5, [expect.stringMatching(why)]]);
  expect(run.all).not.toContain('pass/w@rd');
  expect(run.all).not.toContain('swordfish');
};

describe('a server that does not let us in: exit code 5, one line, no password in it', () => {
  test('a wrong password', async () => {
    const url = new URL(stage.rig.url('operator', stage.database));
    url.password = 'swordfish';
    await refused(url.href, /localhost:\d+.*password/);
  });

  test('an unknown host', async () => {
    await refused(
      'postgresql://app:swordfish@no-such-host.invalid/shop',
      /cannot reach no-such-host\.invalid:\d+: the name (?:does not exist|cannot be looked up now)/,
    );
  });

  test('nobody listens', async () => {
    await refused('postgresql://app:swordfish@127.0.0.1:1/shop?sslmode=disable', /127\.0\.0\.1:1: connection refused/);
  });

  test('a server that accepts and never answers: the time limit names host and step', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    await refused(
      `postgresql://app:swordfish@127.0.0.1:${port}/shop?sslmode=disable&connect_timeout=2`,
      new RegExp(`127\\.0\\.0\\.1:${port} does not answer within 2 s`),
    );
    silent.close();
  });

  test('an expired certificate', async () => {
    await stage.rig.presentCertificate(-1);
    await refused(stage.rig.url('operator', stage.database), /localhost:\d+: the server's certificate has expired/);
    await stage.rig.presentCertificate(30);
  });

  test('a configuration that says nothing about a database: exit code 2, with an example', async () => {
    const directory = newDirectory();
    writeFiles(directory, {
      'runbook.config.yaml':
        'version: 1\nservice: { name: shop }\nenvironments: { prod: { url: https://shop.example.com } }\n',
    });
    const run = await newOperator(join(directory, 'runbook.config.yaml')).run('db connections');
    expect([run.code, run.stdout, run.stderr]).toEqual([
      2,
      '',
      expect.stringMatching(
        /says nothing about `database` of prod\.[^]*\n +environments:\n +prod:\n +database:\n +url: \S+/,
      ),
    ]);
  });
});
