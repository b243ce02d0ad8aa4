import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgresRig } from '../../rigs/postgres/rig.ts';
import type { PostgresRig } from '../../rigs/postgres/rig.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { postgresVersions } from '../../rigs/postgres/versions.ts';
import { found, useDatabase } from './stage.ts';

const stage = useDatabase({ replica: true });
let other: PostgresRig | undefined;
beforeAll(async () => {
  const [own] = await postgresVersions();
  other = await startPostgresRig({ binaries: own?.binaries ?? '', replica: true });
});
afterAll(() => other?.stop());

const look = () => stage.operator('operator').run('db replication -o json');
const waitFor = (names: string) => stage.rig.sql('postgres', `ALTER SYSTEM SET synchronous_standby_names = '${names}'`);

test.each([
  ['FIRST 2 (replica_1, elsewhere)', 'commits wait for 2 replicas (synchronous_standby_names), of which 1 is there'],
  ['ANY 1 (elsewhere)', 'commits wait for 1 replica (synchronous_standby_names), of which 0 are there'],
  ['elsewhere', 'commits wait for 1 replica (synchronous_standby_names), of which 0 are there'],
  ['ANY 1 (elsewhere, replica_1)', undefined],
  ['*', undefined],
])('synchronous_standby_names = %s: who waits for replicas that are not there hangs', async (names, told) => {
  await waitFor(names);
  await stage.rig.sql('postgres', 'SELECT pg_reload_conf()');
  await untilTrue('the server has heard of it', async () => {
    const [row] = await stage.rig.sql('postgres', 'SHOW synchronous_standby_names');
    const [receiver] = await stage.rig.sql('postgres', 'SELECT sync_state FROM pg_stat_replication');
    return (
      row?.['synchronous_standby_names'] === names &&
      (receiver?.['sync_state'] !== 'async') === /replica_1|\*/.test(names)
    );
  });
  const run = await look();
  await waitFor('');
  await stage.rig.sql('postgres', 'SELECT pg_reload_conf()');
  const { verdict, summary } = found(run, 'replication');
  expect([run.code, verdict === 'critical'], run.all).toEqual(told === undefined ? [0, false] : [6, true]);
  if (told === undefined) expect(summary).not.toContain('commits wait');
  else expect(summary).toContain(told);
});

test('a configured replica that belongs to another primary is none, however well it does', async () => {
  const replica = other?.url('operator', 'postgres', { port: other.replica?.port ?? 0 }) ?? '';
  const run = await stage.operator('operator', '', { replica }).run('db replication -o json');
  expect(run.code, run.all).toBe(6);
  expect(found(run, 'replication').summary).toContain('replica-1: belongs to another cluster');
});
