import { expect, it } from 'vitest';
import type { Client } from 'pg';
import { newCall } from '../workload/call.ts';
import { onEachVersion } from './on-each-version.ts';

const pidOf = async (client: Client) => (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid as number;

onEachVersion('what an idle session holds', {}, (bench) => {
  it('advisory locks, temporary tables from 16 on, LISTEN and cursors where they came last', async () => {
    const name = await bench.rig.createDatabase();
    const database = bench.open('operator', name);
    const does = {
      nothing: ['SELECT 1'],
      'advisory locks': ['SELECT pg_advisory_lock(7)'],
      'temporary tables': ['CREATE TEMPORARY TABLE mine (a int)'],
      LISTEN: ['/* controller:orders */ LISTEN orders'],
      'a cursor WITH HOLD': ['DECLARE c CURSOR WITH HOLD FOR SELECT 1'],
    };
    const clients: Client[] = [];
    const expected = new Map<number, readonly string[]>();
    for (const [what, statements] of Object.entries(does)) {
      const client = await bench.rig.connect('owner', name);
      clients.push(client);
      const pid = await pidOf(client);
      for (const statement of statements) await client.query(statement);
      const isSeen = what !== 'nothing' && (what !== 'temporary tables' || bench.major >= 16);
      expected.set(pid, isSeen ? [what] : []);
    }
    const idle = await database.idleSessions({ olderThanMs: 0, includeIdleInTransaction: false }, newCall());
    const found = new Map(idle.sessions.map(({ pid, holds }) => [pid, holds]));
    for (const [pid, holds] of expected) {
      expect(found.get(pid)).toEqual(holds);
      expect((await database.session(pid, newCall())).session?.holds).toEqual(holds);
    }
    await Promise.all(clients.map((client) => client.end()));
  });
});
