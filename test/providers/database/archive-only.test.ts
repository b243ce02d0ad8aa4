import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCall } from '../workload/call.ts';
import { passwordOf } from '../../rigs/postgres/roles.ts';
import { copyData, initialise, makeDirectory, serve, writeForServer } from '../../rigs/postgres/server.ts';
import type { Ground } from '../../rigs/postgres/server.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { postgresVersions } from '../../rigs/postgres/versions.ts';
import { judgeReplica } from '../../../src/sections/db/replication/replication-judgement.ts';
import { at } from './reach.ts';

const versions = await postgresVersions();

describe.each(versions)('a replica that lives on the archive alone, on $name', ({ binaries }) => {
  let warden: ChildProcess | undefined;
  let ports = { primary: 0, replica: 0 };
  beforeAll(async () => {
    const directory = makeDirectory(realpathSync(mkdtempSync(join(tmpdir(), 'rb-pg-'))));
    warden = fork(join(import.meta.dirname, '../../rigs/postgres/warden.ts'), [directory], { stdio: 'inherit' });
    await once(warden, 'spawn');
    const ground: Ground = { directory, binaries, warden };
    const data = await initialise(ground, 'primary', passwordOf('postgres'));
    const copy = await copyData(ground, data, 'replica');
    writeForServer(join(copy, 'standby.signal'), '');
    const settings = { fsync: 'off', shared_buffers: '32MB', autovacuum: 'off' };
    const primary = await serve(ground, data, settings);
    // What would be the archive elsewhere.
    const restore_command = `cp ${join(data, 'pg_wal')}/%f %p`;
    const replica = await serve(ground, copy, { ...settings, restore_command, wal_retrieve_retry_interval: '100ms' });
    ports = { primary: primary.port, replica: replica.port };
  });
  afterAll(async () => {
    if (!warden) return;
    const gone = once(warden, 'exit');
    warden.disconnect();
    await gone;
  });

  it('is not cut off: how far it lies behind an idle primary cannot be told', async () => {
    const password = encodeURIComponent(passwordOf('postgres'));
    const client = new Client({
      host: '127.0.0.1',
      port: ports.primary,
      user: 'postgres',
      password: passwordOf('postgres'),
      database: 'postgres',
    });
    await client.connect();
    await client.query('CREATE TABLE t (a int)');
    await client.end();
    const look = async () => {
      const url = `postgresql://postgres:${password}@127.0.0.1:${ports.replica}/postgres?sslmode=disable`;
      const view = await at(url).replication(newCall());
      if (view.role !== 'replica') throw new Error('it is no replica');
      return view;
    };
    await untilTrue('it has replayed that', async () => (await look()).lastReplayedCommitMs !== null);
    const view = await look();
    expect(view).toMatchObject({ receiver: 'archive', lagMs: null, replay: 'running' });
    expect(judgeReplica(view).verdict).toBe('unknown');
  });
});
