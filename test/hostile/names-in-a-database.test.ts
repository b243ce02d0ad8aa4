import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, expect, test } from 'vitest';
import { passwordOf } from '../rigs/postgres/roles.ts';
import { useDatabase } from '../e2e/db/stage.ts';
import { newDirectory } from '../e2e/rig.ts';
import { attack, inTwos } from './attack.ts';
import { share } from './prove.ts';
import { hostileStrings } from './strings.ts';

/*
 * Names and texts in a real PostgreSQL: what others have called their tables, columns, indexes, databases and roles, what their programs call
 * themselves, what their statements say. Seen through the looks, and named in commands.
 */

const stage = useDatabase({ settings: { track_activity_query_size: 4096 } });
const canary = join(newDirectory(), 'canary');
const { broken, held, end } = attack('names and texts in a database', canary);
afterAll(end);

/** What a name may be: no zero, at most 63 bytes. */
const nameOf = (text: string, number: number): string => {
  let name = text.toWellFormed().replaceAll('\0', '');
  while (Buffer.byteLength(name) > 56) name = name.slice(0, -1).toWellFormed();
  return `${name}${number}`;
};
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const literal = (text: string): string => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const looks = [
  'connections',
  'running',
  'indexes',
  'size',
  'bloat',
  'wal',
  'slow',
  'blocking',
  'replication',
  'vacuum --status',
];

test('nothing of them is run, acts on the terminal or is a fault', { timeout: 900_000 }, async () => {
  const each = 20;
  for (let round = 0; round < share(8, 1); round++) {
    const texts = hostileStrings(7000 + round, each, canary);
    const names = texts.map(nameOf);
    /* oxlint-disable no-await-in-loop -- one round after another */
    const [first = 'a', second = 'b'] = names;
    await stage.rig.sql('postgres', `CREATE ROLE ${quoted(first)} LOGIN PASSWORD 'x'`);
    await stage.rig.sql('postgres', `CREATE DATABASE ${quoted(second)}`);
    await stage.rig.sql(
      second,
      names
        .map(
          (name, number) => `CREATE TABLE ${quoted(name)} (${quoted(`c ${name}`.slice(0, 20).toWellFormed())} int);
            INSERT INTO ${quoted(name)} SELECT generate_series(1, 2000);
            CREATE INDEX ${quoted(`i${number} ${name}`.slice(0, 20).toWellFormed())} ON ${quoted(name)} ((1));
            GRANT ALL ON ${quoted(name)} TO PUBLIC;`,
        )
        .join('\n'),
    );
    const { port } = stage.rig.primary;
    const sessions = await Promise.all(
      texts
        .slice(0, 8)
        .map(async (text, number) => {
          const own = number === 0 ? { user: first, password: 'x' } : { user: 'app', password: passwordOf('app') };
          const client = new Client({
            host: '127.0.0.1',
            port,
            database: second,
            application_name: names[number],
            ...own,
          });
          client.on('error', () => undefined);
          await client.connect();
          const said = text.toWellFormed().replaceAll('\0', '');
          await client.query(`SELECT ${literal(said)} AS ${quoted(nameOf(text, number))}`);
          // One holds a lock that others wait for; not where they were first.
          await client.query("SET lock_timeout = '2s'");
          await client.query('BEGIN');
          if (number === 1) await client.query(`LOCK TABLE ${quoted(first)}`).catch(() => undefined);
          else if (number > 4)
            void client
              .query(`SET lock_timeout = 0; SELECT ${literal(said)} FROM ${quoted(first)}`)
              .catch(() => undefined);
          return client;
        })
        .map((one) => one.catch(() => undefined)),
    );
    const operator = stage.operator('operator', '', { database: encodeURIComponent(second) });
    const lines = looks.map((look, n) => `db ${look} ${(n + round) % 2 === 0 ? '-v' : '-o json'}`);
    const more = ['db kill-idle --older-than 1s --dry-run', 'db blocking --resolve --dry-run'];
    await inTwos([...lines, ...more], async (line) => held(each, line, await operator.run(line)));
    const named = names.slice(0, share(6, 1)).flatMap((name) => [
      ['db', 'vacuum', quoted(name), '--dry-run'],
      ['db', 'vacuum', name, '--yes'],
      ['db', 'kill-idle', '--application', name, '--user', name, '--dry-run'],
    ]);
    await inTwos(named, async (line) => held(1, line.slice(0, 2).join(' '), await operator.run(line)));
    held(each, 'audit show', await operator.run('audit show -v'));
    for (const client of sessions) await client?.end().catch(() => undefined);
    const made = await stage.rig.sql(second, `SELECT FROM pg_class WHERE relname = 'pwned'`);
    expect(made).toEqual([]);
  }
  expect(broken).toEqual([]);
});
