import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createSecrets } from '../../src/config/references/references.ts';
import { readOwn } from '../../src/files/own-files.ts';
import { readSource } from '../../src/config/file/source.ts';
import { givenPlan } from '../../src/cli/session/plan-file.ts';
import { readPlainFile, readPlainText } from '../../src/files/plain-file.ts';
import { openAwsSession } from '../../src/clients/aws/session.ts';
import { passwordFrom } from '../../src/providers/database/postgres/parameters/password-file.ts';
import { readService } from '../../src/providers/database/postgres/parameters/service-file.ts';
import { readKubeconfig } from '../../src/clients/kubernetes/kubeconfig.ts';
import { fileText } from '../../src/clients/http/pem.ts';

const directory = mkdtempSync(join(tmpdir(), 'rb-plain-'));
afterAll(() => rmSync(directory, { recursive: true }));
const at = (name: string) => join(directory, name);

execFileSync('mkfifo', [at('pipe')]);
mkdirSync(at('folder'));
writeFileSync(at('file'), 'text');
symlinkSync(at('file'), at('link'));
writeFileSync(at('huge'), '');
truncateSync(at('huge'), 1024 ** 4);

const limits = { largest: 1024 };

describe('a plain file', () => {
  test('is read, also through a link where that is allowed', () => {
    expect(readPlainText(at('file'), limits)).toBe('text');
    expect(readPlainText(at('link'), limits)).toBe('text');
    expect(() => readPlainFile(at('link'), { ...limits, followLinks: false })).toThrow('it is a symbolic link');
  });

  test('may say that it is empty and not be, as in /proc', () => {
    expect(readPlainText('/proc/self/stat', limits)).toContain(String(process.pid));
    expect(() => readPlainFile('/proc/kallsyms', limits)).toThrow('it is larger than 1 KiB');
  });
});

/** Each of these would be waited for, or read for ever. */
const others = [at('pipe'), '/dev/zero', '/dev/stdin', at('folder'), at('huge')];
const noPlainFile = /it is not a regular file|it is a directory|it is a symbolic link|it is larger than/;

describe.each(others)('%s', (path) => {
  const readers: Record<string, () => unknown> = {
    'a configuration': () => readSource(path, 'runbook.config.yaml'),
    'a secret': () =>
      createSecrets({ env: {}, directory, redactor: { add: () => undefined } }).resolve(`\${file:${path}}`),
    'a file of our own': () => readOwn(path),
    'a plan': () => givenPlan(path),
    'a kubeconfig': () => readKubeconfig({ KUBECONFIG: path }),
    'a certificate or token of Kubernetes': () => fileText(path, 'the token'),
    'the AWS configuration': () =>
      openAwsSession({ region: 'eu-central-1' }, { HOME: directory, AWS_CONFIG_FILE: path }, () => undefined),
  };
  test.each(Object.keys(readers))('is not read as %s', async (name) => {
    await expect((async () => readers[name]?.())()).rejects.toThrow(noPlainFile);
  });

  test('is not read as a password file or a service file', () => {
    expect(passwordFrom(path, { host: 'h', port: 1, database: 'd', user: 'u' })).toMatchObject({
      because: 'not a file',
    });
    expect(() => readService('s', { PGSERVICEFILE: path }, directory)).toThrow('is not defined in');
  });
});
