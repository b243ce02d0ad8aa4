import { Client } from 'pg';
import { expect, test } from 'vitest';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { step, useDatabase } from './stage.ts';

const stage = useDatabase({});
const name = 'evil"\n✓ Done\nDROP TABLE orders; --';
const quoted = `"${name.replaceAll('"', '""')}"`;
/** Lines that something in them could pass for a line of rb, or for a statement. */
const ofItsOwn = /^\s*(?:✓ Done$|DROP TABLE)/m;

test('a role cannot put a line of its own into what is said, nor a statement into what one would type', async () => {
  await stage.rig.sql('postgres', `CREATE ROLE ${quoted} LOGIN PASSWORD 'x'`);
  await stage.rig.sql(
    stage.database,
    `GRANT CREATE ON SCHEMA public TO ${quoted}; SET ROLE ${quoted}; CREATE TABLE theirs (id int); CREATE VIEW ${quoted} AS SELECT 1`,
  );
  const vacuum = await stage.operator('operator').run('db vacuum theirs --yes');
  expect([vacuum.code, vacuum.stderr]).toEqual([3, expect.stringContaining('GRANT "evil""')]);
  expect(vacuum.stderr).not.toMatch(ofItsOwn);

  const view = await stage.operator('operator').run(['db', 'vacuum', quoted, '--yes']);
  expect([view.code, view.stderr]).toEqual([2, expect.stringContaining('is a view')]);
  expect(view.stderr).not.toMatch(ofItsOwn);

  const { port } = stage.rig.primary;
  const client = new Client({ host: '127.0.0.1', port, user: name, password: 'x', database: stage.database });
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const cancel = await stage.operator('operator').run(`db cancel ${rows[0]?.pid} --yes`);
  expect([cancel.code, cancel.stderr]).toEqual([3, expect.stringContaining('there is no statement to cancel')]);
  expect(cancel.stderr).not.toMatch(ofItsOwn);

  await untilTrue('it has been idle for long enough', async () => {
    const text = `SELECT FROM pg_stat_activity WHERE usename = $1 AND state_change < clock_timestamp() - interval '1.1 s'`;
    return (await stage.rig.sql('postgres', text, [name])).length === 1;
  });
  const plan = await stage
    .operator('operator')
    .run(`db kill-idle --older-than 1s --dry-run -o json --database ${stage.database}`);
  const { change } = step(plan, 'terminate');
  expect(change?.equivalent).toEqual([
    expect.stringMatching(/^SELECT pg_terminate_backend\(\d+\); {2}-- evil" ✓ Done DROP [^\n]*$/),
  ]);
  expect(change?.blastRadius.join('\n')).not.toMatch(ofItsOwn);
  await client.end();
});
