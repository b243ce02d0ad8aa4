import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { passwordOf } from '../../rigs/postgres/roles.ts';
import type { Operator } from '../rig.ts';
import { leaks, spellings } from '../spellings.ts';
import { operatorAt, useDatabase, wait } from './stage.ts';

/*
 * Passwords that rb finds by itself, as libpq does. The service gives them away: its sessions are named like them, in every spelling that a
 * name may have.
 */

const stage = useDatabase({});
const password = passwordOf('operator');
const keyPassword = 'key-pass=7+word';
const secrets = { password, 'sslpassword of the service': keyPassword };

const names = Object.values(secrets)
  .flatMap(spellings)
  .filter((name) => /^[ -~]{1,63}$/.test(name));

const at = (user: string, query = '') =>
  `postgresql://${user}localhost:${String(stage.rig.primary.port)}/${stage.database}${query}`;
const file = (operator: Operator, name: string, text: string): string => {
  const path = join(operator.home, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
};
const passwordLine = `*:*:*:operator:${password.replaceAll(':', String.raw`\:`)}\n`;

/** Each place, with all that has to be there for it. */
const places: Readonly<Record<string, () => { operator: Operator; env: Record<string, string> }>> = {
  PGPASSWORD: () => ({ operator: operatorAt(at('operator@')), env: { PGPASSWORD: password } }),
  '~/.pgpass': () => {
    const operator = operatorAt(at('operator@'));
    file(operator, '.pgpass', passwordLine);
    return { operator, env: {} };
  },
  PGPASSFILE: () => {
    const operator = operatorAt(at('operator@'));
    return { operator, env: { PGPASSFILE: file(operator, 'passwords', passwordLine) } };
  },
  'a service file': () => {
    const operator = operatorAt(at('', '?service=shop'));
    const service = `[shop]\nuser=operator\npassword=${password}\nsslpassword=${keyPassword}\n`;
    return { operator, env: { PGSERVICEFILE: file(operator, 'services', service) } };
  },
  'the address in a variable': () => ({
    operator: operatorAt('${env:DATABASE_URL}'),
    env: { DATABASE_URL: at(`operator:${encodeURIComponent(password)}@`, `?sslpassword=${keyPassword}`) },
  }),
};

describe('a password that is found outside of the configuration shows nowhere', () => {
  beforeAll(async () => void (await stage.idle(...names)));

  test('the check: without it the names are shown', async () => {
    await wait(1100);
    const { all, code } = await stage.operator('monitor').run('db kill-idle --older-than 1s --dry-run -o json');
    expect(code).toBe(0);
    expect(leaks(all, secrets).length).toBeGreaterThan(10);
  });

  test.for(Object.entries(places))('%s', async ([place, prepare]) => {
    await stage.idle('plain');
    await wait(1100);
    const { operator, env } = prepare();
    // Only what is there can be hidden: the key's password is in two of the places.
    const there = /service|variable/.test(place) ? secrets : { password };
    for (const line of [
      'db connections -v',
      'db connections -o json',
      'db connections -o ndjson',
      'db kill-idle --older-than 1s --dry-run -v',
      'db kill-idle --older-than 1s --dry-run -o json',
      // Refused: the flag is missing.
      'db kill-idle --older-than 1s -v',
      'db terminate 1 --confirm shop/prod -v',
      // Refused as well: what would be recorded is named like a secret.
      'db kill-idle --older-than 1s --yes -v',
      'db kill-idle --older-than 1s --application plain --yes -v',
      'audit show -v',
      'audit show -o json',
      'audit report',
      'audit report --html',
    ]) {
      const { all, code } = await operator.run(line, { env });
      expect([line, code]).not.toEqual([line, 5]);
      expect([line, leaks(all, there)]).toEqual([line, []]);
    }
    const narrow = await operator.run('db connections -v', { env: { ...env, COLUMNS: '40' } });
    expect(leaks(narrow.all, there)).toEqual([]);
    expect(operator.auditFiles().length).toBeGreaterThan(0);
    const written = operator
      .written()
      .split(passwordLine)
      .join('')
      .replace(/^(?:ssl)?password=.*$/gm, '');
    expect(leaks(written, there)).toEqual([]);
  });
});
