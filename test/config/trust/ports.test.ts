import { expect, test } from 'vitest';
import { portsFor } from '../../../src/cli/session/adapters.ts';
import { systemClock } from '../../../src/cli/system.ts';
import { selectEnvironment } from '../../../src/config/environment.ts';
import { createRedactor } from '../../../src/config/secrets/redaction.ts';
import { RunbookError } from '../../../src/engine/errors.ts';
import { load, withProduction } from '../rig.ts';

const loaded = () =>
  load(
    withProduction(`workload: { provider: command, instances: [./list] }
logs: { provider: file, path: app.log }
database: { url: 'postgresql://db/x' }`),
  );

const ports = (untrusted: RunbookError | undefined) => {
  const of = loaded();
  const { redact, redactStream } = createRedactor();
  return portsFor({
    loaded: of,
    settings: { config: of.config, ...selectEnvironment(of) },
    secrets: { resolve: async (value) => value },
    redact,
    redactStream,
    remember: () => undefined,
    env: {},
    home: '/nonexistent',
    clock: systemClock,
    untrusted,
  });
};

const names = ['http', 'workload', 'logs', 'database', 'a port of the future'];

test('without trust there is no port but the settings, whoever asks', async () => {
  const untrusted = new RunbookError('usage', 'not trusted');
  const source = ports(untrusted);
  for (const name of names) {
    expect(source.has(name)).toBe(false);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await expect(source.open(name)).rejects.toThrow(name.includes(' ') ? 'there is no port' : 'not trusted');
  }
  expect(source.has('settings')).toBe(true);
  expect(await source.open('settings')).toMatchObject({ name: 'production' });
});

test('with it there is', async () => {
  const source = ports(undefined);
  expect(names.map((name) => source.has(name))).toEqual([true, true, true, true, false]);
  expect(await source.open('http')).toHaveProperty('probe');
});
