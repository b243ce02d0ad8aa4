import { expect, it } from 'vitest';
import { newCall } from '../workload/call.ts';
import { onEachVersion } from './on-each-version.ts';

onEachVersion('sessions of databases with another encoding', {}, (bench) => {
  let databases = 0;
  const databaseIn = async (encoding: string) => {
    databases += 1;
    const name = `in_${encoding.toLowerCase()}_${databases}`;
    await bench.rig.sql(
      'postgres',
      `CREATE DATABASE ${name} OWNER owner ENCODING '${encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'`,
    );
    return name;
  };

  it.each([
    ['LATIN1', 'postgres', String.raw`SELECT 1 AS "\301", 2 AS \351`],
    ['UTF8', 'SQL_ASCII', 'SELECT 1 AS "Á", 2 AS é'],
    ['LATIN1', 'SQL_ASCII', 'SELECT 1 AS "\uFFFD", 2 AS \uFFFD'],
    ['UTF8', 'WIN1252', null],
    ['UTF8', 'EUC_JP', null],
  ])('a statement in %s is looked at from %s', async (theirs, ours, shown) => {
    const there = theirs === 'UTF8' ? 'postgres' : await databaseIn(theirs);
    const here = ours === 'postgres' ? ours : await databaseIn(ours);
    const client = await bench.rig.connect('app', there, { application: `in ${theirs}` });
    // The last byte begins a character of UTF-8 that does not go on.
    await client.query('SELECT 1 AS "Á", 2 AS é');
    const adapter = bench.open('operator', here);
    const { sessions } = await adapter.idleSessions({ olderThanMs: 0, includeIdleInTransaction: true }, newCall());
    const seen = sessions.find(({ database, application }) => database === there && application === `in ${theirs}`);
    expect(seen).toMatchObject({ query: shown });
    await adapter.runningSessions({ olderThanMs: 0 }, newCall());
    await adapter.connections(newCall());
    await adapter.blocking(newCall());
    await client.end();
  });
});
