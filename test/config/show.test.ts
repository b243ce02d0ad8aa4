import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { createRedactor } from '../../src/config/secrets/redaction.ts';
import { registerLiteralSecrets, showYaml, withoutSecrets } from '../../src/config/show.ts';
import { load, withProduction } from './rig.ts';

const text = `${withProduction(`database:
  url: "postgres://app:hunter2-a@db.example.com/shop?sslpassword=hunter2-b"
  replicas: [{ name: r, url: "postgres://app:\${env:PASSWORD}@replica/shop" }]
cache: { url: "\${env:CACHE_URL}" }
maintenanceMode:
  enable: { command: [login, --token, hunter2-c, "--password=hunter2-d"], environment: { API_TOKEN: hunter2-e, MODE: plain } }
  disable: [logout]`)}
notify:
  slack: { webhook: "https://hooks.example.com/hunter2-f", channel: "#ops" }
  pagerduty: { token: "\${env:PAGERDUTY}", routingKey: hunter2-g }
`;

test('secrets that are written out are hidden, references are shown as they are', async () => {
  const loaded = load(text);
  const yaml = await showYaml(loaded);
  expect(yaml).not.toContain('hunter2');
  expect(parse(yaml)).toEqual(withoutSecrets(loaded));
  expect(withoutSecrets(loaded)).toMatchObject({
    environments: {
      production: {
        database: {
          url: 'postgres://app:‹secret›@db.example.com/shop?sslpassword=‹secret›',
          replicas: [{ url: 'postgres://app:${env:PASSWORD}@replica/shop' }],
        },
        cache: { url: '${env:CACHE_URL}', flush: 'db' },
        maintenanceMode: {
          enable: {
            command: ['login', '--token', '‹secret›', '--password=‹secret›'],
            environment: { API_TOKEN: '‹secret›', MODE: 'plain' },
          },
        },
      },
    },
    notify: {
      slack: { webhook: '‹secret›', channel: '#ops' },
      pagerduty: { token: '${env:PAGERDUTY}', routingKey: '‹secret›' },
    },
  });
});

test.each([
  ['[x, --client-secret, hunter2]'],
  ['[x, --client-secret=hunter2]'],
  ['[x, -p, hunter2]'],
  ['[x, "https://h/?key=hunter2&a=b"]'],
  ['[x, "https://h/?a=b&api_key=hunter2"]'],
  ['{ command: [x], environment: { PGPASSWORD: hunter2, dbPassword: hunter2, SIGNING_KEY: hunter2 } }'],
])('what the one list of words names is a secret: %s', (enable) => {
  const loaded = load(withProduction(`maintenanceMode: { enable: ${enable}, disable: [x] }`));
  expect(JSON.stringify(withoutSecrets(loaded))).not.toContain('hunter2');
  const redactor = createRedactor();
  registerLiteralSecrets(loaded, redactor);
  expect(redactor.redact('sh: hunter2: not found')).not.toContain('hunter2');
});

test.each(['--key-file', '--auth-mode', '--bypass', '--compass', '--author', '--monkey', '--keyspace', '--tokenizer'])(
  'what only sounds like one is none: %s',
  (option) => {
    const loaded = load(withProduction(`maintenanceMode: { enable: [x, ${option}, shown], disable: [x, -p, 8080] }`));
    expect(withoutSecrets(loaded)).toMatchObject({
      environments: { production: { maintenanceMode: { enable: ['x', option, 'shown'] } } },
    });
  },
);

test('secrets that are written out are known to the redactor', () => {
  const redactor = createRedactor();
  registerLiteralSecrets(load(text), redactor);
  for (const letter of ['a', 'b', 'c', 'd', 'e', 'g']) {
    expect(redactor.redact(`x hunter2-${letter} y`)).not.toContain('hunter2');
    expect(redactor.redact(Buffer.from(`hunter2-${letter}`).toString('base64'))).toContain('‹secret');
  }
  expect(redactor.redact('POST https://hooks.example.com/hunter2-f')).toBe('POST ‹secret:notify.slack.webhook›');
});

test('what is not a secret is not registered', () => {
  const known: string[] = [];
  registerLiteralSecrets(load(text), { add: (_, value) => known.push(value) });
  expect(known.toSorted()).toEqual(
    [
      'https://hooks.example.com/hunter2-f',
      ...['a', 'b', 'c', 'd', 'e', 'g'].map((letter) => `hunter2-${letter}`),
    ].toSorted(),
  );
});
