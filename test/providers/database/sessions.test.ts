import { describe, expect, it } from 'vitest';
import { newCall } from '../workload/call.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { onEachVersion } from './on-each-version.ts';

const all = { olderThanMs: 0, includeIdleInTransaction: true };

/** A function of somebody else's that tells when it is called. */
const trap = (signature: string, returns: string) =>
  `CREATE FUNCTION public.${signature} RETURNS ${returns} LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'trapped'; END$$`;

onEachVersion('sessions', { replica: true, settings: { superuser_reserved_connections: 4 } }, (bench) => {
  const state = async (pid: number) =>
    (await bench.rig.sql('postgres', 'SELECT state FROM pg_stat_activity WHERE pid = $1', [pid]))[0]?.['state'];

  /** The adapter does not wait for the end of its connections: those of before would be counted too. */
  const oursHaveLeft = () =>
    untilTrue('the connections of before have ended', async () => {
      // All but the one that a test keeps as the lock of another.
      const text = `SELECT FROM pg_stat_activity
                     WHERE application_name LIKE 'rb/%' AND application_name NOT LIKE '%/lock'`;
      return (await bench.rig.sql('postgres', text)).length === 0;
    });

  describe('who answers', () => {
    it('is told with every answer: host, database, system identifier, role and version', async () => {
      const database = await bench.rig.createDatabase();
      const primary = await bench.open('plain', database).identify(newCall());
      const replica = await bench.open('plain', 'postgres', { port: bench.rig.replica?.port ?? 0 }).identify(newCall());
      expect(primary).toMatchObject({ database, user: 'plain', role: 'primary', seesEverything: false });
      expect(primary.address).toBe(`localhost:${bench.rig.primary.port}`);
      expect(Number.parseInt(primary.version, 10)).toBe(bench.major);
      expect(primary.systemIdentifier).toMatch(/^\d{19}$/);
      expect(primary.target).toMatchObject({
        provider: 'postgres',
        database,
        systemIdentifier: primary.systemIdentifier,
      });
      expect(replica).toMatchObject({ role: 'replica', systemIdentifier: primary.systemIdentifier });
    });

    it('still answers a role that may not read the system identifier', async () => {
      const database = await bench.rig.createDatabase();
      await bench.rig.sql(database, 'REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC');
      const server = await bench.open('plain', database).identify(newCall());
      expect(server).toMatchObject({ systemIdentifier: null, target: { systemIdentifier: 'not readable' } });
    });

    it('names the connection by the session and the step, in 63 bytes of ASCII', async () => {
      const database = await bench.rig.createDatabase();
      const name = async (mark: string) => {
        const { byApplication } = await bench.open('operator', database).connections(newCall({ mark }));
        return byApplication.map((group) => group.name).find((text) => text.startsWith(`rb/${mark.slice(0, 15)}`));
      };
      expect(await name('20260301-abcd/connections')).toBe('rb/20260301-abcd/connections');
      expect(await name(`20260301-efgh/${'schließen.'.repeat(9)}`)).toBe(
        `rb/20260301-efgh/${'schlie?en.'.repeat(9)}`.slice(0, 63),
      );
    });

    it('reads with the objects of the server only', async () => {
      const database = await bench.rig.createDatabase(
        `CREATE FUNCTION "left"(text, integer) RETURNS text LANGUAGE sql AS 'SELECT ''taken''::text'`,
        'GRANT ALL ON SCHEMA public TO owner',
      );
      await bench.rig.sql('postgres', `ALTER ROLE operator SET search_path = public, pg_catalog`);
      try {
        const client = await bench.rig.connect('app', database);
        await client.query('SELECT 1 AS one');
        const { sessions } = await bench.open('operator', database).idleSessions(all, newCall());
        expect(sessions.find(({ user, database: where }) => user === 'app' && where === database)?.query).toBe(
          'SELECT 1 AS one',
        );
      } finally {
        await bench.rig.sql('postgres', 'ALTER ROLE operator RESET search_path');
      }
    });

    // What others create in a schema of the search path would run with the rights of who calls it (CVE-2018-1058).
    it('calls nothing that somebody put into the search path of the role, not even before it is pinned', async () => {
      const database = await bench.rig.createDatabase(
        'CREATE TABLE orders (id int)',
        trap('current_database()', 'name'),
        trap('pg_is_in_recovery()', 'boolean'),
        trap('pg_has_role(name, text, text)', 'boolean'),
        trap('pg_control_system()', 'TABLE (system_identifier bigint)'),
        trap('to_regclass(text)', 'regclass'),
        trap('quote_ident(text)', 'text'),
        trap('lower(name)', 'text'),
        trap('"left"(name, integer)', 'text'),
        trap('length(name)', 'integer'),
        'CREATE DOMAIN public.text AS pg_catalog.text CHECK (false)',
        'CREATE DOMAIN public.oid AS pg_catalog.oid CHECK (false)',
      );
      await bench.rig.sql('postgres', `ALTER DATABASE ${database} SET search_path = public, pg_catalog`);
      const trapped = await bench.rig.connect('operator', database);
      await expect(trapped.query('SELECT current_database()')).rejects.toThrow('trapped');
      const adapter = bench.open('operator', database, { query: { target_session_attrs: 'primary' } });
      expect((await adapter.identify(newCall())).systemIdentifier).toMatch(/^\d+$/);
      expect((await adapter.table('orders', newCall())).table.name).toBe('public.orders');
      await expect(adapter.table('order', newCall())).rejects.toThrow('There is no table "order"');
    });
  });

  describe('connections', () => {
    it('are counted by state, application, user and database, against the limit and its reserved slots', async () => {
      const database = await bench.rig.createDatabase();
      const busy = await bench.rig.connect('app', database, { application: 'checkout' });
      await bench.rig.connect('app', database, { application: 'checkout' });
      await bench.rig.connect('owner', database, { application: '' });
      await busy.query('BEGIN');
      await oursHaveLeft();
      const seen = await bench.open('operator', database).connections(newCall());
      const count = (groups: typeof seen.byState, name: string) => groups.find((group) => group.name === name)?.count;
      expect(seen).toMatchObject({ max: 100, reservedForSuperusers: 4, reservedForRoles: 0, unseen: 0 });
      expect(count(seen.byDatabase, database)).toBe(4);
      expect(count(seen.byApplication, 'checkout')).toBe(2);
      expect(count(seen.byApplication, '')).toBe(1);
      expect(count(seen.byState, 'idle in transaction')).toBe(1);
      expect(count(seen.byState, 'active')).toBe(1);
      const sum = seen.byState.reduce((total, group) => total + group.count, 0);
      expect(sum).toBe(seen.total);
      await oursHaveLeft();
      const [row] = await bench.rig.sql(
        'postgres',
        `SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend'`,
      );
      // Who asks here counts as who asked there.
      expect(row?.['count']).toBe(seen.total);
    });

    it('of others cannot be seen without pg_monitor: they are counted as that, never as idle', async () => {
      const database = await bench.rig.createDatabase();
      await bench.rig.connect('app', database);
      await bench.rig.connect('app', database);
      await oursHaveLeft();
      const [row] = await bench.rig.sql(
        'postgres',
        `SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      );
      const seen = await bench.open('plain', database).connections(newCall());
      expect(seen.unseen).toBe(row?.['count']);
      expect(seen.byState).toMatchObject([{ name: 'active', count: 1 }]);
      expect(seen.total).toBe(seen.unseen + 1);
      const monitor = await bench.open('monitor', database).connections(newCall());
      expect(monitor.unseen).toBe(0);
      expect(monitor.byState.find(({ name }) => name === 'idle')?.count).toBeGreaterThanOrEqual(2);
    });

    it('have limits of their own in a database and for a role', async () => {
      const database = await bench.rig.createDatabase();
      await bench.rig.sql('postgres', `ALTER DATABASE ${database} CONNECTION LIMIT 7`);
      await bench.rig.connect('limited', database);
      const { limits } = await bench.open('operator', database).connections(newCall());
      expect(limits).toEqual([
        { of: 'database', name: database, max: 7, used: 2 },
        { of: 'role', name: 'limited', max: 2, used: 1 },
      ]);
    });
  });

  describe('idle sessions', () => {
    it('are client sessions only; a superuser’s are marked, and the name of one says nothing', async () => {
      const database = await bench.rig.createDatabase();
      const application = await bench.rig.connect('app', database, { application: 'checkout' });
      const superuser = await bench.rig.connect('postgres', database);
      const lock = await bench.rig.connect('operator', database, { application: 'rb/20260301-abcd/lock' });
      const busy = await bench.rig.connect('app', database);
      await busy.query('BEGIN');
      const pid = async (client: typeof busy) =>
        (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid as number;
      const pids = {
        application: await pid(application),
        superuser: await pid(superuser),
        lock: await pid(lock),
        busy: await pid(busy),
      };

      const { sessions, unseen } = await bench.open('operator', database).idleSessions(all, newCall());
      const here = sessions.filter((session) => session.database === database);
      expect(unseen).toBe(0);
      expect(new Set(here.map((session) => session.pid))).toEqual(new Set(Object.values(pids)));
      expect(sessions.every(({ kind }) => kind === 'client backend')).toBe(true);
      const find = (wanted: number) => here.find((session) => session.pid === wanted);
      expect(find(pids.application)).toMatchObject({
        user: 'app',
        application: 'checkout',
        client: '127.0.0.1',
        state: 'idle',
        query: 'SELECT pg_backend_pid() AS pid',
        own: false,
        superuser: false,
        maySignal: true,
        blockedBy: [],
      });
      expect(find(pids.superuser)).toMatchObject({ superuser: true, maySignal: false });
      expect(find(pids.lock)).toMatchObject({ own: false });
      expect(find(pids.busy)).toMatchObject({ state: 'idle in transaction' });

      const only = await bench
        .open('operator', database)
        .idleSessions({ ...all, includeIdleInTransaction: false }, newCall());
      const onlyIdle = only.sessions.map((session) => session.pid);
      expect([onlyIdle.includes(pids.application), onlyIdle.includes(pids.busy)]).toEqual([true, false]);
      const old = await bench.open('operator', database).idleSessions({ ...all, olderThanMs: 3_600_000 }, newCall());
      expect(old.sessions).toEqual([]);
    });

    it('may be ended by their own role, by pg_signal_backend, by a superuser, and by nobody else', async () => {
      const database = await bench.rig.createDatabase();
      await bench.rig.connect('app', database);
      const may = async (role: 'app' | 'monitor' | 'signaller' | 'postgres') => {
        const { sessions } = await bench.open(role, database).runningSessions({ olderThanMs: 0 }, newCall());
        const idle = await bench.open(role, database).idleSessions(all, newCall());
        return [...sessions, ...idle.sessions].find(
          (session) => session.user === 'app' && session.database === database,
        )?.maySignal;
      };
      expect(await may('app')).toBe(true);
      expect(await may('monitor')).toBe(false);
      expect(await may('postgres')).toBe(true);
      // It may end them, but it cannot see which ones are idle.
      expect(await may('signaller')).toBeUndefined();
    });

    it('cannot be told from others without pg_monitor: that many are unseen', async () => {
      const database = await bench.rig.createDatabase();
      await bench.rig.connect('app', database);
      const { sessions, unseen, server } = await bench.open('signaller', database).idleSessions(all, newCall());
      expect(sessions).toEqual([]);
      expect(unseen).toBeGreaterThanOrEqual(1);
      expect(server.seesEverything).toBe(false);
    });
  });

  describe('running sessions', () => {
    it('have their age, what they wait for and by whom they are blocked', async () => {
      const database = await bench.rig.createDatabase('CREATE TABLE orders (id int)', 'INSERT INTO orders VALUES (1)');
      const holder = await bench.rig.connect('owner', database);
      await holder.query('BEGIN');
      await holder.query('UPDATE orders SET id = 2');
      const holderPid = (await holder.query('SELECT pg_backend_pid() AS pid')).rows[0].pid as number;
      const waiter = await bench.rig.connect('owner', database);
      const waiterPid = (await waiter.query('SELECT pg_backend_pid() AS pid')).rows[0].pid as number;
      const waiting = waiter
        .query(`UPDATE orders SET id = 3 /* from 'checkout' */ WHERE 'secret' <> E'it\\'s' AND id = 1`)
        .catch(() => undefined);
      const database1 = bench.open('operator', database);
      await untilTrue('the second one waits', async () => {
        const { session } = await database1.session(waiterPid, newCall());
        return session?.waitsFor === 'Lock: transactionid';
      });
      const { sessions } = await database1.runningSessions({ olderThanMs: 0 }, newCall());
      const here = sessions.filter((session) => session.database === database);
      expect(here).toMatchObject([
        { pid: holderPid, state: 'idle in transaction', waitsFor: null, blockedBy: [] },
        {
          pid: waiterPid,
          state: 'active',
          waitsFor: 'Lock: transactionid',
          blockedBy: [holderPid],
          query: "UPDATE orders SET id = 3 WHERE '…' <> '…' AND id = 1",
        },
      ]);
      expect(here[0]?.transactionMs).toBeGreaterThanOrEqual(here[0]?.stateMs ?? Number.NaN);
      expect((await database1.runningSessions({ olderThanMs: 3_600_000 }, newCall())).sessions).toEqual([]);
      await holder.query('ROLLBACK');
      await waiting;
      expect(await state(waiterPid)).toBe('idle');
    });

    it('do not include those that stream to a replica', async () => {
      const { sessions } = await bench.open('postgres', 'postgres').runningSessions({ olderThanMs: 0 }, newCall());
      expect(sessions.map(({ kind }) => kind)).not.toContain('walsender');
      const [row] = await bench.rig.sql('postgres', 'SELECT pid FROM pg_stat_replication');
      const { session } = await bench.open('operator', 'postgres').session(Number(row?.['pid']), newCall());
      expect(session).toMatchObject({ kind: 'walsender', user: 'replicator', state: 'active' });
    });

    it('one is looked at by its process id; there may be none', async () => {
      expect((await bench.open('operator', 'postgres').session(1, newCall())).session).toBeUndefined();
    });
  });
});
