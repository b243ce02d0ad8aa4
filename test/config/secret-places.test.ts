import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRedactor } from '../../src/config/secrets/redaction.ts';
import { configSchema } from './rig.ts';
import { isSecretPlace } from '../../src/config/schema/secret.ts';
import { withoutSecrets } from '../../src/config/show.ts';
import { urlPasswordsOf } from '../../src/config/secrets/url-password.ts';
import { load, withProduction } from './rig.ts';

const places = [
  'environments.*.logs.token',
  'environments.*.metrics.token',
  'environments.*.database.slowLog.token',
  'notify.slack.webhook',
  'notify.pagerduty.token',
  'notify.pagerduty.routingKey',
  'notify.statuspage.token',
  'notify.webhook.url',
  'notify.webhook.token',
  'tickets.token',
];
const at = (place: string) => place.split('.').map((key) => (key === '*' ? 'production' : key));

test.each(places)('%s is a secret, and so is all in it where something else is written there', (place) => {
  expect(isSecretPlace(configSchema, at(place))).toBe(true);
  expect(isSecretPlace(configSchema, [...at(place), 0, 'x'])).toBe(true);
  expect(isSecretPlace(configSchema, at(place).slice(0, -1))).toBe(false);
});

test('nothing else of the complete configuration is', () => {
  const { secrets } = load(readFileSync(join(import.meta.dirname, 'complete.yaml'), 'utf8'));
  const names = places.map((place) => place.replace('*', 'production'));
  expect([...secrets].filter((key) => !names.includes(key))).toEqual([]);
  expect(secrets.size).toBeGreaterThan(4);
});

test('the schema decides and not the name of a key: an environment may be called token', () => {
  const loaded = load(
    withProduction('url: https://shop.example.com')
      .replace('production:', 'token:')
      .replace('service: {', 'service: { dashboards: { password: https://a.example.com },'),
  );
  const shown = JSON.stringify(withoutSecrets(loaded));
  expect(shown).toContain('"url":"https://shop.example.com"');
  expect(shown).toContain('"password":"https://a.example.com"');
});

test.each<[string, readonly string[]]>([
  ['postgresql://u:pw@db/shop', ['pw']],
  ['postgresql://u:p%40w@a:5432,b/shop', ['p%40w', 'p@w']],
  ['postgresql://u:p@ss@db/shop', ['p@ss']],
  [`postgresql://u:it's"<x>@db`, [`it's"<x>`]],
  ['redis://:pw@cache', ['pw']],
  ['https://u:with/slash@host/x', ['with/slash']],
  ['http://proxy:3128/path?a=b@c', []],
  ['https://u@host:8080', []],
  ['postgresql://u:${env:PW}@db', []],
  ['http://{{host}}:{{port}}/x?u=a@b', []],
  ['https://u:‹secret›@host', []],
  ['a=b@c', []],
])('the passwords of %s', (text, passwords) => {
  expect(urlPasswordsOf(text)).toEqual(passwords);
});

test('in a text among others, quotes end an address', () => {
  const { redact } = createRedactor();
  expect(redact('{"a":"https://u:pw@h","b":"x@y"}')).toBe('{"a":"https://u:‹secret›@h","b":"x@y"}');
  expect(redact('http://proxy:3128/ and a@b')).toBe('http://proxy:3128/ and a@b');
});
