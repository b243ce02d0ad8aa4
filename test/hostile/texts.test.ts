import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { givenPlan } from '../../src/cli/session/plan-file.ts';
import { loadConfig } from '../config/rig.ts';
import { RunbookError } from '../../src/engine/errors.ts';
import { passwordFrom } from '../../src/providers/database/postgres/parameters/password-file.ts';
import { readService } from '../../src/providers/database/postgres/parameters/service-file.ts';
import { openConnection } from '../../src/clients/kubernetes/connection.ts';
import { readLine } from '../../src/providers/logs/line.ts';
import { parseInstances } from '../../src/providers/workload/command/instances.ts';
import { instancesFinding } from '../../src/sections/instances.ts';
import { newDirectory } from '../e2e/rig.ts';
import { clock } from '../clients/kubernetes/clock.ts';
import { share, tried } from './prove.ts';
import { hostileTexts } from './texts.ts';

/*
 * What programs print and files hold. Each reader gives what is meant or says what is wrong, as an error of ours: nothing is a fault of the
 * program, and of nonsense nothing is healthy.
 */

const place = newDirectory();
const file = join(place, 'runbook.config.yaml');
const now = new Date('2026-01-01T00:00:00Z');

const printed = (bytes: Buffer): void => {
  const listed = parseInstances(bytes.toString('utf8'));
  const instances = listed.map(({ id, state }) => ({ id, state, health: 'unknown' as const }));
  const { verdict } = instancesFinding(
    { target: { provider: 'command', name: 'x' }, desired: instances.length, desiredIs: 'listed', instances },
    now,
  );
  expect(verdict).not.toBe('ok');
};

const readers: Readonly<Record<string, (bytes: Buffer) => unknown>> = {
  'a command': printed,
  'a configuration': () => loadConfig(file),
  'a kubeconfig': () =>
    openConnection(
      { context: 'a', namespace: 'shop' },
      { env: { KUBECONFIG: file, HOME: place }, clock, redact: (text) => text, remember: () => undefined },
    ),
  'a password file': () => passwordFrom(file, { host: 'db', port: 5432, database: 'shop', user: 'me' }),
  'a service file': () => readService('shop', { PGSERVICEFILE: file }, place),
  'a plan file': () => givenPlan(file),
  'a log': (bytes) =>
    bytes
      .toString('utf8')
      .split('\n')
      .slice(0, 200)
      .map((line) => readLine(line, {}, now)),
};

const broken: string[] = [];
let count = 0;

test.each(Object.entries(readers))('%s', async (what, read) => {
  for (const { name, answer } of hostileTexts(what.length, share(2000, 64))) {
    writeFileSync(file, answer, { mode: 0o600 });
    count++;
    try {
      // oxlint-disable-next-line no-await-in-loop -- they share the file
      await read(answer);
    } catch (error) {
      if (!(error instanceof RunbookError)) broken.push(`${what}, ${name}: ${String(error).slice(0, 300)}`);
    }
  }
  expect(broken).toEqual([]);
});

afterAll(() => tried('texts of programs and files', count, broken));
