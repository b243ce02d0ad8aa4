import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectionParameters } from '../../../src/providers/database/postgres/parameters/parameters.ts';
import type { ParameterDeps } from '../../../src/providers/database/postgres/parameters/parameters.ts';
import { shownQuery } from '../../../src/providers/database/postgres/query/query-text.ts';
import { parseUrl } from '../../../src/providers/database/postgres/parameters/url.ts';

const nothing: ParameterDeps = { environment: {}, home: '/nonexistent', login: 'me', remember: () => undefined };
const parametersOf = (url: string, deps: Partial<ParameterDeps> = {}) =>
  connectionParameters(url, { ...nothing, ...deps });

describe('the URL of a database', () => {
  it.each([
    ['postgresql://db/shop', { host: 'db', dbname: 'shop' }],
    [
      'postgres://me:p%40ss%3Aword@db:5433/shop',
      { user: 'me', password: 'p@ss:word', host: 'db', port: '5433', dbname: 'shop' },
    ],
    ['postgresql://me@a:1,b,[::1]:3/shop', { user: 'me', host: 'a,b,::1', port: '1,,3', dbname: 'shop' }],
    ['postgresql://%2Fvar%2Frun%2Fpostgresql/shop', { host: '/var/run/postgresql', dbname: 'shop' }],
    ['postgresql:///shop?host=/tmp&sslmode=require', { host: '/tmp', dbname: 'shop', sslmode: 'require' }],
    ['postgresql://db?ssl=true', { host: 'db', sslmode: 'require' }],
    ['postgresql://a@b@db/shop', { user: 'a@b', host: 'db', dbname: 'shop' }],
    ['postgresql://', {}],
  ])('%s', (url, expected) => {
    expect(parseUrl(url)).toEqual(expected);
  });

  it.each([
    'mysql://db/shop',
    'postgresql://db/%zz',
    'postgresql://db:port/shop',
    'postgresql://me:pass#word@db/shop',
    'host=db dbname=shop',
  ])('is refused: %s', (url) => {
    expect(() => parseUrl(url)).toThrow(/^The URL of the database is not one/);
  });

  it('is never repeated in an error: it may hold a password', () => {
    assert(
      property(string(), (rest) => {
        const password = 'hunter2hunter2';
        try {
          parametersOf(`postgresql://me:${password}@${rest}`);
        } catch (error) {
          expect(`${(error as Error).name}${(error as Error).message}`).toMatch(/^RunbookError/);
          expect((error as Error).message).not.toContain(password);
        }
      }),
    );
  });

  it.each([
    ['require_auth', 'scram-sha-256', 'PGREQUIREAUTH'],
    ['requirepeer', 'postgres', 'PGREQUIREPEER'],
    ['gssencmode', 'require', 'PGGSSENCMODE'],
  ])('is refused where it asks for what is not done, wherever that is written: %s=%s', (name, value, variable) => {
    const refused = `The database asks for ${name}=${value}, which rb cannot promise.`;
    expect(() => parametersOf(`postgresql://db/shop?${name}=${value}`)).toThrow(refused);
    expect(() => parametersOf('postgresql://db/shop', { environment: { [variable]: value } })).toThrow(refused);
    const home = mkdtempSync(join(tmpdir(), 'rb-home-'));
    writeFileSync(join(home, '.pg_service.conf'), `[shop]\nhost=db\n${name}=${value}\n`);
    expect(() => parametersOf('postgresql:///?service=shop', { home })).toThrow(refused);
    rmSync(home, { recursive: true });
  });

  it('may prefer what is not done, and say nothing of it', () => {
    expect(() => parametersOf('postgresql://db/shop?channel_binding=prefer&gssencmode=disable')).not.toThrow();
    expect(() => parametersOf('postgresql://db/shop?channel_binding=always')).toThrow('channel_binding=always');
    expect(() => parametersOf('postgresql://db/shop', { environment: { PGREQUIREAUTH: '' } })).not.toThrow();
  });

  it('may narrow the versions of TLS', () => {
    const environment = { PGSSLMINPROTOCOLVERSION: 'TLSv1.3' };
    expect(parametersOf('postgresql://db/shop', { environment }).minTls).toBe('TLSv1.3');
    expect(parametersOf('postgresql://db/shop?ssl_max_protocol_version=TLSv1.2').maxTls).toBe('TLSv1.2');
    expect(() => parametersOf('postgresql://db/shop?ssl_min_protocol_version=1.3')).toThrow('there are: TLSv1,');
    expect(() => parametersOf('postgresql://db/shop?ssl_max_protocol_version=TLSv1.2', { environment })).toThrow(
      'TLSv1.3 at least, and for TLSv1.2 at most',
    );
  });

  it('is refused where a parameter is misspelt: it may be the one that verifies the server', () => {
    expect(() => parametersOf('postgresql://db/shop?ssl_mode=verify-full')).toThrow('unknown parameter: ssl_mode');
    expect(() => parametersOf('postgresql://db/shop?sslmode=verify')).toThrow(
      'there are: disable, allow, prefer, require',
    );
    expect(() => parametersOf('postgresql://db/shop?sslmode=require&sslrootcert=system')).toThrow(
      'needs sslmode=verify-full',
    );
  });
});

describe('the parameters of a connection', () => {
  it('have the defaults of libpq', () => {
    const { hosts, user, database, connectTimeoutMs, target } = parametersOf('postgresql://db');
    expect({ hosts, user, database, connectTimeoutMs, target }).toEqual({
      hosts: [{ host: 'db', port: 5432 }],
      user: 'me',
      database: 'me',
      connectTimeoutMs: 10_000,
      target: 'any',
    });
  });

  it.each([
    ['postgresql://db.example.com/shop', 'verify-full'],
    ['postgresql://10.1.2.3/shop', 'verify-full'],
    ['postgresql://localhost,db.example.com/shop', 'verify-full'],
    ['postgresql://db.example.com/shop?hostaddr=127.0.0.1', 'prefer'],
    ['postgresql://localhost/shop', 'prefer'],
    ['postgresql://127.0.0.1/shop', 'prefer'],
    ['postgresql://[::1]/shop', 'prefer'],
    ['postgresql:///shop?host=/tmp', 'prefer'],
    ['postgresql://db.example.com/shop?sslmode=require', 'require'],
    ['postgresql://db.example.com/shop?sslmode=disable', 'disable'],
    ['postgresql://localhost/shop?sslrootcert=system', 'verify-full'],
    ['postgresql://db.example.com/shop?sslmode=require&sslrootcert=/ca.crt', 'verify-ca'],
  ])('verify a server elsewhere unless something else is asked for: %s', (url, sslmode) => {
    expect(parametersOf(url).sslmode).toBe(sslmode);
  });

  it('take the files of ~/.postgresql', () => {
    const home = mkdtempSync(join(tmpdir(), 'rb-home-'));
    mkdirSync(join(home, '.postgresql'));
    writeFileSync(join(home, '.postgresql', 'root.crt'), '');
    expect(parametersOf('postgresql://db/shop', { home }).sslrootcert).toBe(join(home, '.postgresql', 'root.crt'));
    expect(parametersOf('postgresql://db/shop?sslmode=require', { home }).sslmode).toBe('verify-ca');
    rmSync(home, { recursive: true });
  });

  it('come from the URL, then the service file, then the environment', () => {
    const home = mkdtempSync(join(tmpdir(), 'rb-home-'));
    writeFileSync(join(home, '.pg_service.conf'), '[shop]\nhost=from-service\nuser=from-service\n');
    const environment = {
      PGHOST: 'from-environment',
      PGUSER: 'from-environment',
      PGPORT: '7',
      PGDATABASE: 'from-environment',
    };
    const { hosts, user, database } = parametersOf('postgresql:///?service=shop&user=from-url', { home, environment });
    expect({ hosts, user, database }).toEqual({
      hosts: [{ host: 'from-service', port: 7 }],
      user: 'from-url',
      database: 'from-environment',
    });
    rmSync(home, { recursive: true });
  });

  it.each(['postgresql://a,b/shop?port=1,2,3', 'postgresql://a/shop?port=0', 'postgresql://a/shop?port=x'])(
    'are refused: %s',
    (url) => {
      expect(() => parametersOf(url)).toThrow(/port/);
    },
  );
});

describe('a statement that is shown', () => {
  it.each([
    [
      "SELECT *\n  FROM t\n WHERE a = 'secret' -- comment with 'secret'\n AND b = 1",
      "SELECT * FROM t WHERE a = '…' AND b = 1",
    ],
    ["ALTER ROLE x PASSWORD 'secret'", "ALTER ROLE x PASSWORD '…'"],
    ["SELECT 'it''s secret', E'secret\\' still', e'secret'", "SELECT '…', '…', '…'"],
    ['SELECT $$secret$$, $tag$secret $$ secret$tag$, $1, $2', "SELECT '…', '…', $1, $2"],
    ['SELECT "Mixed \'Case\'" /* secret */ FROM "a""b"', 'SELECT "Mixed \'Case\'" FROM "a""b"'],
    ["INSERT INTO t VALUES ('secret that was cut o", "INSERT INTO t VALUES ('…'"],
    ["SELECT 'a', U&'secret', B'1', date '2026-01-01'", "SELECT '…', U&'…', B'…', date '…'"],
    ['/* secret without an end', ''],
  ])('has no contents of literals: %j', (text, expected) => {
    expect(shownQuery(text)).toBe(expected);
  });

  it.each([
    ['/* controller:orders */ SELECT 1', 'SELECT 1 /* controller:orders */'],
    [
      'SELECT 1 /*application:Shop,controller:orders,action:index*/',
      'SELECT 1 /* application:Shop,controller:orders,action:index */',
    ],
    [
      "SELECT 'a' /*action='%2Fshow',traceparent='00-5bd66ef5-01'*/",
      "SELECT '…' /* action='%2Fshow',traceparent='00-5bd66ef5-01' */",
    ],
    [`/*job:Mail*/ ${'SELECT 1, '.repeat(80)}`, `${'SELECT 1, '.repeat(80).slice(0, 284)}… /* job:Mail */`],
    // Neither what is no tag, nor what may be a secret, nor what stands in a literal.
    ['/* password:hunter2 */ SELECT 1', 'SELECT 1'],
    ["/* api_key='hunter2',action:x */ SELECT 1", 'SELECT 1'],
    ["/* ask ann@example.com: it's slow */ SELECT 1", 'SELECT 1'],
    ["/* name:'Ann Smith' */ SELECT 1", 'SELECT 1'],
    ["SELECT '/* controller:orders */'", "SELECT '…'"],
    ['/* a:b /* c:d */ */ SELECT 1', 'SELECT 1'],
  ])('keeps the comment that says where it comes from: %j', (text, expected) => {
    expect(shownQuery(text)).toBe(expected);
  });

  it('is on one line of at most 300 characters, and never takes long', () => {
    assert(
      property(string({ unit: 'binary', maxLength: 4000 }), (text) => {
        const shown = shownQuery(text);
        expect(shown.length).toBeLessThanOrEqual(300);
        expect(shown).not.toMatch(/[\n\r\t]/);
      }),
    );
    // The time that it works, not that it waits for others on a busy machine.
    const began = process.cpuUsage();
    for (const hostile of ["'", '$', '$a', '/*', '"', "e'\\", '--'].map((part) => part.repeat(4000)))
      shownQuery(hostile);
    expect(process.cpuUsage(began).user / 1000).toBeLessThan(2000);
  });
});

describe('a statement that is shown, where literals are hard to tell', () => {
  it.each([
    // Comments stand within comments.
    ["SELECT 1 /* a /* b */ secret */ WHERE a = 'x'", "SELECT 1 WHERE a = '…'"],
    ["SELECT /* a /* b */ it's */ 'secret'", "SELECT '…'"],
    ['SELECT 1 /* a /* b */ secret', 'SELECT 1'],
    ["SELECT 1 /*/ secret */ WHERE a = 'x'", "SELECT 1 WHERE a = '…'"],
    // With standard_conforming_strings = off the first quote does not end it; with on it does: nobody can tell.
    [String.raw`SELECT 'it\'s secret', 'x'`, "SELECT '…"],
    [String.raw`SELECT 'C:\', 'secret'`, "SELECT '…"],
    [String.raw`SELECT 'a\\', 'secret' FROM t`, "SELECT '…', '…' FROM t"],
    [String.raw`SELECT E'it\'s secret', 'x' FROM t`, "SELECT '…', '…' FROM t"],
    // A name may have dollars in it, and an E at its end.
    ["SELECT sys$a$b FROM t WHERE c = 'x sys$a$ secret'", "SELECT sys$a$b FROM t WHERE c = '…'"],
    ["SELECT v$$, 'a', 'b $$ secret'", "SELECT v$$, '…', '…'"],
    [String.raw`SELECT date'a\\', 'secret'`, "SELECT date'…', '…'"],
    ['SELECT größe, $1, $ä$secret$ä$ FROM "Größe"', `SELECT größe, $1, '…' FROM "Größe"`],
  ])('has no contents of literals: %j', (text, expected) => {
    expect(shownQuery(text)).toBe(expected);
  });
});

/** What is known when the parameters are there, and when the server has asked for the password. */
const known = (url: string, deps: Parameters<typeof parametersOf>[1] = {}) => {
  const secrets: Record<string, string> = {};
  const parameters = parametersOf(url, { ...deps, remember: (name, secret) => void (secrets[name] = secret) });
  const before = { ...secrets };
  const [host] = parameters.hosts;
  if (!host) throw new Error('no host');
  return { before, password: parameters.password(host).password, after: secrets };
};
const withHome = <Result>(files: Readonly<Record<string, string>>, use: (home: string) => Result): Result => {
  const home = mkdtempSync(join(tmpdir(), 'rb-home-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text, { mode: 0o600 });
  try {
    return use(home);
  } finally {
    rmSync(home, { recursive: true });
  }
};

describe('every secret is remembered, and under the name of its place', () => {
  it('PGPASSWORD, also where the URL has another one', () => {
    const environment = { PGPASSWORD: 'of-variable' };
    expect(known('postgresql://db/shop', { environment }).before).toEqual({ PGPASSWORD: 'of-variable' });
    expect(known('postgresql://u:of%2Durl@db/shop', { environment })).toMatchObject({
      before: { PGPASSWORD: 'of-variable', 'database.url': 'of-url' },
      password: 'of-url',
    });
  });

  it('the service file, and sslpassword', () => {
    const file = '[shop]\nhost=db\npassword=of-service\n[other]\npassword=not-ours\n';
    withHome({ '.pg_service.conf': file }, (home) => {
      for (const deps of [{ home, environment: { PGSERVICE: 'shop' } }, { home }])
        expect(known(`postgresql:///${'environment' in deps ? '' : '?service=shop'}`, deps)).toMatchObject({
          before: { 'database service shop': 'of-service' },
          password: 'of-service',
        });
    });
    withHome({ '.pg_service.conf': '[shop]\nhost=db\nsslpassword=of-key\n' }, (home) =>
      expect(known('postgresql:///?service=shop', { home }).before).toEqual({ 'database service shop': 'of-key' }),
    );
    expect(known('postgresql://db/shop?sslpassword=of-key').before).toEqual({ 'database.url': 'of-key' });
  });

  it('the key of a client certificate', () => {
    withHome({ key: 'of-key-file\n' }, (home) => {
      const path = join(home, 'key');
      const found = { [`private key ${path}`]: 'of-key-file' };
      expect(known(`postgresql://db/shop?sslkey=${path}`).before).toEqual(found);
      expect(known('postgresql://db/shop', { environment: { PGSSLKEY: path } }).before).toEqual(found);
      expect(known(`postgresql://db/shop?sslkey=${home}`).before).toEqual({});
      expect(known(`postgresql://db/shop?sslkey=${path}-gone`).before).toEqual({});
    });
  });

  it('.pgpass and PGPASSFILE, when the server asks', () => {
    withHome({ '.pgpass': 'other:*:*:*:not-ours\ndb:*:*:me:of\\:file\n' }, (home) => {
      const name = `password file ${join(home, '.pgpass')}`;
      const byDefault = known('postgresql://db/shop', { home });
      expect(byDefault).toEqual({ before: {}, password: 'of:file', after: { [name]: 'of:file' } });
      const environment = { PGPASSFILE: join(home, '.pgpass') };
      expect(known('postgresql://db/shop', { environment }).after).toEqual({ [name]: 'of:file' });
    });
  });
});
