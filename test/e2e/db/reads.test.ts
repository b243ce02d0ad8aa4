import { describe, expect, test } from 'vitest';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { keys } from '../screen.ts';
import { found, step, useDatabase, wait } from './stage.ts';

const stage = useDatabase(
  { replica: true },
  'CREATE TABLE orders (id int PRIMARY KEY, customer int, note text)',
  `INSERT INTO orders SELECT g, g % 100, repeat('x', 60) FROM generate_series(1, 20000) g`,
  'CREATE INDEX orders_customer ON orders (customer)',
  'CREATE INDEX orders_customer_again ON orders (customer)',
  'CREATE TABLE heap (id int)',
  'INSERT INTO heap SELECT generate_series(1, 20000)',
  'ANALYZE',
);
const run = (line: string) => stage.operator('operator').run(line);

const refusedToWatch = async (line: string) => {
  const refused = await stage.operator('postgres').run(`${line} --watch 1 --yes`);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--watch does not go with')]);
};

describe('rb db connections', () => {
  test('by state, application, user and database, against the slots that are left', async () => {
    const clients = await stage.idle('web', 'web', 'worker');
    const text = await run('db connections');
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(
      /\d+ of 97 usable connections \(\d+ %; max_connections 100, 3 reserved for superusers\) to shop_1 on localhost:\d+; (?:\d+ active, )?3 idle(?! in)/,
    );
    expect(text.stdout).toMatch(/application +web +2/);
    const json = found(await run('db connections -o json'), 'connections');
    expect(json.data).toMatchObject({ max: 100, usable: 97, unseen: 0, server: { role: 'primary', user: 'operator' } });
    expect(json.data['byApplication']).toContainEqual({
      name: 'web',
      count: 2,
      oldestMs: expect.any(Number) as number,
    });
    await Promise.all(clients.map((client) => client.end()));
  });

  test('nearly all slots in use is critical: exit code 6', async () => {
    const clients = await stage.idle(...Array.from({ length: 93 }, (_, index) => `app-${index}`));
    const full = await run('db connections -o json');
    expect([full.code, found(full, 'connections').verdict]).toEqual([6, 'critical']);
    await Promise.all(clients.map((client) => client.end()));
  });

  test('to a role without pg_monitor the sessions of others are "cannot see", never "0 idle"', async () => {
    const [client] = await stage.idle('hidden');
    const seen = await stage.operator('plain').run('db connections');
    expect(seen.stdout).toMatch(/cannot see [1-9]\d* sessions?: "plain" is not a member of pg_monitor/);
    expect(seen.stdout).not.toMatch(/\d idle/);
    expect(seen.stdout).toContain('? Connections');
    expect(seen.code).toBe(5);
    await client?.end();
  });

  test('a replica by its name, and a name that is not configured', async () => {
    expect((await run('db connections --on replica-1')).stdout).toContain('(replica)');
    const unknown = await run('db connections --on replica-9');
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('there are: primary, replica-1')]);
  });
});

describe('--watch', () => {
  test('without a terminal: a line a sample; Ctrl-C ends it', async () => {
    const watching = stage.operator('operator').start('db connections --watch 0.25');
    const line = /^\d{4}-\S+Z ok: \d+ of 97 usable connections/gm;
    await watching.writes('Z ok: ', 3);
    watching.signal('SIGINT');
    const { code, stdout } = await watching.ended;
    expect(stdout.match(line)?.length).toBeGreaterThanOrEqual(3);
    expect(code).toBe(130);
  });

  test('-o ndjson: an object a sample, with all the data', async () => {
    const watching = stage.operator('operator').start('db wal --watch 0.25 -o ndjson');
    await watching.writes('"type":"sample"', 3);
    watching.signal('SIGINT');
    const events = (await watching.ended).lines();
    const samples = events.filter(({ type }) => type === 'sample').map(({ sample }) => sample as { at: string });
    expect(samples.length).toBeGreaterThanOrEqual(3);
    for (const sample of samples)
      expect(sample).toMatchObject({ verdict: 'ok', data: { level: 'logical', server: { role: 'primary' } } });
    expect(new Set(samples.map(({ at }) => at)).size).toBe(samples.length);
  });

  test('at a terminal the table is drawn in place', async () => {
    const session = stage.operator('operator').session('db connections --watch 0.25', { columns: 80, rows: 30 });
    const samples = () => new Set(session.bytes().match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g)).size;
    while (samples() < 3) await session.changes();
    session.type(keys.ctrlC);
    expect(await session.ended).toBe(130);
    expect(session.tooLong()).toEqual([]);
    expect(session.screen().match(/by +name/g)?.length).toBe(1);
  });

  test.for(['0', 'often', '-1'])('--watch %s is no interval', async (every) => {
    expect((await run(`db connections --watch ${every}`)).code).toBe(2);
  });
});

describe('rb db running', () => {
  test('what works for long, what it waits for and who is in its way; literals are not shown', async () => {
    const [holder, waiter] = await stage.idle('holder', 'waiter');
    await stage.rig.sql(stage.database, 'GRANT ALL ON orders TO app');
    await holder?.query('BEGIN; LOCK TABLE orders');
    void waiter?.query(`SELECT count(*) FROM orders WHERE note = 'private'`).catch(() => undefined);
    await untilTrue('one has waited for the other for more than a second', async () => {
      const text = `SELECT FROM pg_stat_activity WHERE application_name = 'waiter' AND wait_event_type = 'Lock'
                       AND query_start < clock_timestamp() - interval '1 s'`;
      return (await stage.rig.sql('postgres', text)).length === 1;
    });
    const text = await run('db running --older-than 1s');
    await holder?.query('ROLLBACK');
    await Promise.all([holder?.end(), waiter?.end()]);
    expect(text.stdout).toMatch(/\d+ +\S+ s +\d+ +active +SELECT count\(\*\) FROM orders WHERE note = '…'/);
    expect(text.stdout).toContain('idle in tx');
    expect(text.all).not.toContain('private');
    expect((await run('db running')).stdout).toContain('nothing has been at work for 1 min');
  });
});

/** How many statements pg_stat_statements of a server knows with this text in them. */
const statementsWith = async (port: number | undefined, text: string) => {
  const query = 'SELECT count(*)::int AS count FROM pg_stat_statements WHERE query LIKE $1';
  return (await stage.rig.sql(stage.database, query, [`%${text}%`], port))[0]?.['count'];
};

describe('rb db slow --reset --on', () => {
  test('a replica counts for itself: its statistics are forgotten, those of the primary stay', async () => {
    const port = stage.rig.replica?.port;
    await stage.rig.sql(stage.database, 'CREATE EXTENSION pg_stat_statements');
    await stage.rig.caughtUp();
    await stage.rig.sql(stage.database, 'SELECT 1 AS of_the_primary');
    await stage.rig.sql(stage.database, 'SELECT 1 AS of_the_replica', [], port);
    const superuser = stage.operator('postgres');
    const dry = await superuser.run('db slow --reset --on replica-1 --dry-run -o json');
    expect(step(dry, 'reset').change?.blastRadius[0]).toContain('the primary and other replicas keep theirs');
    expect(await statementsWith(port, 'of_the_replica')).toBe(1);
    const done = await superuser.run('db slow --reset --on replica-1 --yes');
    expect(done.code, done.all).toBe(0);
    expect(await statementsWith(port, 'of_the_replica')).toBe(0);
    expect(await statementsWith(undefined, 'of_the_primary')).toBe(1);
    const unknown = await superuser.run('db slow --reset --on replica-9 --yes');
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('no such server is configured')]);
    await stage.rig.sql(stage.database, 'DROP EXTENSION pg_stat_statements');
    await stage.rig.caughtUp();
  });
});

/** How old are what a session does and its transaction, by the server's clock. */
const agesOf = async (pid: number | undefined) => {
  const text = `SELECT extract(epoch FROM clock_timestamp() - query_start)::float8 AS statement,
                       extract(epoch FROM clock_timestamp() - xact_start)::float8 AS transaction
                  FROM pg_stat_activity WHERE pid = $1`;
  return (await stage.rig.sql('postgres', text, [pid]))[0] as { statement: number; transaction: number };
};

test('a transaction that is open for long is shown while it works on a short statement too', async () => {
  // Twice as old each time, until the look comes before the statement itself is as old as that: machines may be slow.
  for (let seconds = 2; ; seconds *= 2) {
    const [client] = await stage.idle('busy');
    await client?.query('BEGIN');
    await wait(seconds * 1000);
    const statement = client?.query('SELECT pg_sleep(600)').catch(() => undefined);
    const [pid] = await stage.pids('busy');
    await untilTrue('it is at work', async () => {
      const { statement: age, transaction } = await agesOf(pid);
      return age < transaction - 1;
    });
    const text = await run(`db running --older-than ${seconds}s`);
    const after = await agesOf(pid);
    await stage.rig.sql('postgres', 'SELECT pg_terminate_backend($1)', [pid]);
    await statement;
    if (after.statement >= seconds) continue;
    expect(text.stdout).toMatch(new RegExp(`\\n +${pid} .* active in tx .*pg_sleep`));
    return;
  }
});

/** What the primary and the replica say in one look. */
const bothEnds = async () => {
  const { verdict, summary, data } = found(await run('db replication -o json'), 'replication');
  const [primary, replica] = data['servers'] as [object, Record<string, number>];
  const { notReplayedBytes = 0, notReceivedBytes = 0, lastReplayedCommitMs = 0, lagMs = 0 } = replica;
  return {
    verdict,
    summary,
    primary,
    replica: { ...replica, notReplayedBytes, notReceivedBytes, lastReplayedCommitMs, lagMs },
  };
};

describe('rb db replication', () => {
  test('both ends: caught up is 0, although the primary has been idle', async () => {
    await stage.rig.caughtUp();
    let ends: Awaited<ReturnType<typeof bothEnds>> | undefined;
    // The server writes something of its own now and then: all of it is taken from one look.
    await untilTrue('nothing was committed for a while, and all of it is replayed', async () => {
      ends = await bothEnds();
      const { notReplayedBytes, notReceivedBytes, lastReplayedCommitMs } = ends.replica;
      return notReplayedBytes === 0 && notReceivedBytes === 0 && lastReplayedCommitMs > 1500;
    });
    expect([ends?.verdict, ends?.summary]).toEqual(['ok', expect.stringContaining('all caught up')]);
    expect([ends?.primary, ends?.replica]).toMatchObject([
      { name: 'primary', role: 'primary', receivers: [{ name: 'replica_1', state: 'streaming' }] },
      { name: 'replica-1', role: 'replica', receiver: 'streaming', lagMs: 0 },
    ]);
  });

  test('a replay that is paused is a warning, and lies behind as soon as something is written', async () => {
    const port = stage.rig.replica?.port;
    await stage.rig.sql('postgres', 'SELECT pg_wal_replay_pause()', [], port);
    await stage.rig.sql(stage.database, 'UPDATE orders SET customer = customer WHERE id < 100');
    await untilTrue('it lies behind', async () => {
      const { verdict, replica } = await bothEnds();
      expect(verdict).toBe('warn');
      return replica.notReplayedBytes > 0 && replica.lagMs > 0;
    });
    const paused = await run('db replication');
    expect(paused.stdout).toMatch(
      /replica-1 itself +[1-9]\S* \S+ +\S+ \S+ +! streaming.*replay (?:paused|pause requested)/,
    );
    await stage.rig.sql('postgres', 'SELECT pg_wal_replay_resume()', [], port);
  });

  test('a replica that cannot be reached is unknown, and the rest is shown', async () => {
    const replica = stage.rig.replica;
    await replica?.stop();
    await untilTrue('the primary has noticed', async () => {
      return (await stage.rig.sql('postgres', 'SELECT FROM pg_stat_replication')).length === 0;
    });
    const without = await run('db replication');
    expect(without.stdout).toMatch(/replica-1: cannot see: cannot reach localhost:\d+: connection refused/);
    expect(without.stdout).toContain('no configured replica is connected');
    expect(without.code).toBe(6);
  });
});

describe('rb db indexes, size, bloat, wal, vacuum --status', () => {
  test('indexes: duplicates and tables without any', async () => {
    await stage.rig.sql(stage.database, 'SELECT count(*) FROM heap');
    const few = await run('db indexes --min-size 0');
    expect(few.stdout).not.toMatch(/missing +public\.heap/);
    for (let scans = 1; scans < 10; scans += 1) await stage.rig.sql(stage.database, 'SELECT count(*) FROM heap');
    await untilTrue('the scan has been counted', async () => {
      const { data } = found(await run('db indexes --min-size 0 -o json'), 'indexes');
      return (data['missing'] as { table: string; sequentialScans: number }[]).some(
        ({ table, sequentialScans }) => table === 'public.heap' && sequentialScans >= 10,
      );
    });
    const text = await run('db indexes --min-size 0');
    expect(text.stdout).toMatch(/missing +public\.heap +\S+ kB +.*it has no index/);
    expect(text.stdout).toMatch(/duplicate +public\.orders +\S+ kB +\S*orders_customer \(.*= \S*orders_customer_again/);
    expect(text.code).toBe(0);
  });

  test('size: the database, its largest tables, WAL', async () => {
    const { data } = found(await run('db size -o json'), 'size');
    expect(data).toMatchObject({ bytes: expect.any(Number) as number, walBytes: expect.any(Number) as number });
    expect((data['tables'] as { table: string }[])[0]?.table).toBe('public.orders');
    expect((await run('db size')).stdout).toMatch(/table +public\.orders +\S+ MB +\d+ %/);
  });

  test('bloat: N/A where there are no column statistics, never 0, and shown whatever the limit', async () => {
    await stage.rig.sql(stage.database, 'CREATE TABLE fresh AS SELECT generate_series(1, 1000) AS id');
    const text = await run('db bloat');
    expect(text.stdout).toMatch(/public\.fresh .*N\/A/);
    await stage.rig.sql(stage.database, 'CREATE TABLE fresh_2 AS SELECT * FROM fresh');
    const all = found(await run('db bloat --limit 500 -o json'), 'bloat');
    const cut = await run('db bloat --limit 1');
    expect(all.data['tables']).toHaveLength((all.data['looked'] as { tables: number }).tables);
    expect(cut.stdout).toMatch(/public\.fresh, public\.fresh_2: cannot be estimated: never analysed/);
    expect(cut.stdout).toMatch(/public\.fresh_2 .*N\/A/);
    expect(cut.code).toBe(5);
    expect((all.data['totals'] as { unknown: number }).unknown).toBeGreaterThanOrEqual(2);
  });

  test('wal: what there is and what keeps it', async () => {
    expect((await run('db wal')).stdout).toMatch(
      /of WAL in \d+ files on .* expected; 1 replication slot; archiving is off/,
    );
  });

  test('vacuum --status: dead rows, and that autovacuum is off', async () => {
    await stage.rig.sql(stage.database, 'DELETE FROM heap WHERE id <= 15000');
    await untilTrue('the deletes have been counted', async () => {
      const { data } = found(await run('db vacuum --status -o json'), 'vacuum-status');
      return (data['tables'] as { name: string; rows: { dead: number } }[]).some(
        ({ name, rows }) => name === 'public.heap' && rows.dead === 15_000,
      );
    });
    const text = await run('db vacuum --status');
    expect(text.stdout).toMatch(
      /autovacuum: is off[^]*public\.heap: 15 000 dead rows,\s+autovacuum\s+begins at [\d ]+;/,
    );
    expect(text.stdout).toMatch(/public\.heap +! 15 000/);
  });
});

describe('rb db slow', () => {
  test('where the time goes; without the extension it says how to get it, and is unknown', async () => {
    const missing = await run('db slow');
    expect([missing.code, missing.all]).toEqual([
      5,
      expect.stringMatching(/\? Slow queries[^]*not created in this database[^]*CREATE EXTENSION pg_stat_statements/),
    ]);
    await stage.rig.sql(stage.database, 'CREATE EXTENSION pg_stat_statements');
    await stage.rig.sql(stage.database, 'SELECT pg_sleep(0.7)');
    // Whatever else has taken its time on a slow machine.
    const text = await run('db slow --by mean --limit 500');
    expect(text.stdout).toMatch(/SELECT pg_sleep\(\$1\)/);
    expect((await run('db slow --by luck')).code).toBe(2);
    const { data } = found(await run('db slow -o json'), 'slow');
    expect(data).toMatchObject({ available: true, track: 'top', thresholds: { warnMeanMs: 500 } });
  });

  test('--reset forgets; a role that may not is told what it needs', async () => {
    expect((await run('db slow --limit 500')).stdout).toContain('pg_sleep');
    const denied = await run('db slow --reset --yes');
    expect([denied.code, denied.stderr]).toEqual([1, expect.stringContaining('GRANT EXECUTE ON FUNCTION')]);
    const done = await stage.operator('postgres').run('db slow --reset --yes');
    expect(done.code, done.all).toBe(0);
    expect((await run('db slow --limit 500')).stdout).not.toContain('pg_sleep');
  });

  test('--reset is done once: --watch is refused', async () => {
    await refusedToWatch('db slow --reset');
  });
});

describe('rb db blocking', () => {
  test('--resolve is done once: --watch is refused', async () => {
    await refusedToWatch('db blocking --resolve');
  });

  test('no session waits', async () => {
    expect((await run('db blocking')).stdout).toContain('no session waits for a lock');
  });
});

test.for([
  ['connections', 'connections'],
  ['running', 'running'],
  ['replication', 'replication'],
  ['slow', 'slow'],
  ['indexes', 'indexes'],
  ['blocking', 'blocking'],
  ['size', 'size'],
  ['bloat', 'bloat'],
  ['wal', 'wal'],
  ['vacuum --status', 'vacuum-status'],
] as const)(
  'rb db %s -o json: one object with the verdict and who answered, and nothing beside it',
  async ([line, id]) => {
    const json = await run(`db ${line} -o json`);
    const { verdict, summary, data } = found(json, id);
    expect(['ok', 'warn', 'critical', 'unknown']).toContain(verdict);
    expect(summary).not.toBe('');
    const server = id === 'replication' ? (data['servers'] as { role: string }[])[0] : data['server'];
    expect(server).toMatchObject({ role: 'primary' });
    expect(json.code).toBe(verdict === 'critical' ? 6 : verdict === 'unknown' ? 5 : 0);
  },
);

test('the help of each command says what it judges by, and why not the query of the runbook', async () => {
  const operator = stage.operator('operator');
  for (const [command, text] of [
    ['connections', 'Why not the query of the runbook'],
    ['running', 'no column `duration`'],
    ['replication', 'grows for ever'],
    ['kill-idle', 'belongs to a superuser'],
    ['vacuum', 'only warns'],
    ['bloat', 'critical from 60 %'],
    ['slow', 'hides the statement that runs a million times'],
    ['blocking', 'a prepared transaction blocks as pid 0'],
    ['size', 'waits behind whoever has one locked'],
    ['wal', 'does not say what keeps the files'],
    ['indexes', 'best read from end to end'],
    ['cancel', 'not that it worked'],
    ['terminate', 'whether the session is gone'],
  ] as const) {
    const help = await operator.run(`db ${command} --help`, { env: { COLUMNS: '400' } });
    expect([help.code, help.stdout]).toEqual([0, expect.stringMatching(/^Examples:\n {2}rb db/)]);
    expect(help.stdout.replaceAll(/\s+/g, ' ')).toContain(text);
  }
});
