import { expect, it } from 'vitest';
import { newCall } from '../workload/call.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { onEachVersion } from './on-each-version.ts';

onEachVersion('prepared transactions that hold locks on the same table', {}, (bench) => {
  it('block only whom their own lock conflicts with: who has only read it is in nobody’s way', async () => {
    const database = await bench.rig.createDatabase(
      'CREATE TABLE orders (id int)',
      'CREATE TABLE payments (id int)',
      'INSERT INTO orders VALUES (1)',
    );
    const prepare = async (gid: string, level: string, ...statements: readonly string[]) => {
      const client = await bench.rig.connect('owner', database);
      for (const text of [`BEGIN ${level}`, ...statements, `PREPARE TRANSACTION '${gid}'`]) await client.query(text);
      await client.end();
    };
    // The older one, so that it would come first.
    await prepare(
      'reads orders',
      'ISOLATION LEVEL SERIALIZABLE',
      'SELECT * FROM orders',
      'INSERT INTO payments VALUES (1)',
    );
    await prepare('writes orders', '', 'UPDATE orders SET id = 2');
    const client = await bench.rig.connect('owner', database);
    const [row] = (await client.query('SELECT pg_backend_pid() AS pid')).rows as { pid: number }[];
    const waiting = client.query('CREATE INDEX ON orders (id)');
    const view = () => bench.open('operator', database).blocking(newCall());
    await untilTrue('it waits', async () => (await view()).edges.length > 0);
    expect((await view()).prepared.map(({ gid, blocks }) => [gid, blocks])).toEqual([
      ['reads orders', []],
      ['writes orders', [row?.pid]],
    ]);
    await bench.rig.sql(database, `ROLLBACK PREPARED 'writes orders'`);
    await waiting;
    await bench.rig.sql(database, `ROLLBACK PREPARED 'reads orders'`);
  });
});
