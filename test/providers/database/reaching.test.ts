import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newCall } from '../workload/call.ts';
import { startProxy } from '../../rigs/postgres/proxy.ts';
import type { Proxy } from '../../rigs/postgres/proxy.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { onEachVersion, rejection } from './on-each-version.ts';
import type { Bench } from './on-each-version.ts';
import { identify, onFirst, ownDirectory, refusal } from './reach.ts';

const proxied = async ({ rig }: Bench): Promise<Proxy> => {
  const proxy = await startProxy({ port: rig.primary.port });
  onTestFinished(() => proxy.close());
  return proxy;
};

onEachVersion(
  'reaching the server',
  {},
  (bench) => {
    const port = () => bench.rig.primary.port;

    describe('fails with one line that names the host', () => {
      it('on a wrong password', async () => {
        const error = await refusal(`postgresql://plain:wr0ng@localhost:${port()}/postgres`);
        expect(error).toMatchObject({
          kind: 'unreachable',
          message: `localhost:${port()} does not accept the password of "plain".`,
        });
      });

      it('on no password', async () => {
        const error = await refusal(`postgresql://plain@localhost:${port()}/postgres`);
        expect(error).toMatchObject({ kind: 'unreachable' });
        expect(error.message).toMatch(
          /wants a password for "plain": the URL has none, PGPASSWORD is not set, and there is no password file\.$/,
        );
        expect(error.next?.[0]).toContain(`localhost:${port()}:postgres:plain:<password>`);
      });

      it('on a host that does not exist', async () => {
        const error = await refusal('postgresql://plain:wr0ng@no-such-host.invalid/postgres');
        expect(error).toMatchObject({ kind: 'unreachable' });
        expect(error.message).toMatch(
          /^cannot reach no-such-host\.invalid:5432: the name (?:does not exist|cannot be looked up now)\.$/,
        );
      });

      it('on a port where nobody listens, and on a socket that is not there', async () => {
        const proxy = await startProxy({ port: port() });
        await proxy.close();
        const error = await refusal(`postgresql://plain:wr0ng@localhost:${proxy.port}/postgres`);
        expect(error).toMatchObject({
          kind: 'unreachable',
          message: `cannot reach localhost:${proxy.port}: connection refused.`,
        });
        const socket = await refusal(`postgresql://plain:wr0ng@/postgres?host=${encodeURIComponent(ownDirectory())}`);
        expect(socket.message).toContain('the socket does not exist');
      });

      it('on a database that does not exist, and on one that the role may not enter', async () => {
        const error = await refusal(bench.rig.url('plain', 'no "such" one'));
        expect(error).toMatchObject({
          kind: 'unreachable',
          message: `localhost:${port()} has no database "no "such" one".`,
        });
        const closed = await bench.rig.createDatabase();
        await bench.rig.sql('postgres', `REVOKE CONNECT ON DATABASE ${closed} FROM PUBLIC`);
        const denied = await refusal(bench.rig.url('plain', closed));
        expect(denied.message).toContain(`does not let "plain" into the database "${closed}"`);
        expect(denied.next).toEqual([`GRANT CONNECT ON DATABASE "${closed}" TO "plain"`]);
      });

      it('on a role that pg_hba.conf lets in with a certificate only', async () => {
        const error = await refusal(bench.rig.url('certified', 'postgres'));
        expect(error).toMatchObject({ kind: 'unreachable' });
        expect(error.message).toContain('does not let "certified" in');
      });

      it('when there is no connection left: it names the reserved ones', async () => {
        const keep = [];
        for (let count = 0; count < 2; count += 1) keep.push(await bench.rig.connect('limited', 'postgres'));
        const role = await refusal(bench.rig.url('limited', 'postgres'));
        expect(role.message).toContain('has no connection left: too many connections for role "limited"');
        const full = await rejection(
          (async () => {
            for (;;) keep.push(await bench.rig.connect('app', 'postgres'));
          })(),
        );
        expect(full.message).toMatch(/too many clients|remaining connection slots/);
        const error = await refusal(bench.rig.url('operator', 'postgres'));
        expect(error).toMatchObject({ kind: 'unreachable' });
        expect(error.message).toContain(`localhost:${port()} has no connection left`);
        expect(error.next?.join('\n')).toContain('pg_use_reserved_connections');
        // A superuser still gets in.
        expect(await identify(bench.rig.url('postgres', 'postgres'))).toMatchObject({ user: 'postgres' });
        for (const client of keep) await client.end();
        await untilTrue('all have left', async () => {
          const rows = await bench.rig.sql(
            'postgres',
            `SELECT FROM pg_stat_activity WHERE usename IN ('app', 'limited')`,
          );
          return rows.length === 0;
        });
      });

      it('on a server that takes the connection and never answers', async () => {
        const sockets = new Set<Socket>();
        const silent = createServer((socket) => void sockets.add(socket));
        silent.listen(0, '127.0.0.1');
        await once(silent, 'listening');
        onTestFinished(() => {
          for (const socket of sockets) socket.destroy();
          silent.close();
        });
        const { port: silentPort } = silent.address() as { port: number };
        const error = await refusal(`postgresql://plain:wr0ng@localhost:${silentPort}/postgres?connect_timeout=2`);
        expect(error).toMatchObject({
          kind: 'unreachable',
          message: `localhost:${silentPort} does not answer within 2 s.`,
        });
      });

      it('when the network falls silent in the middle of a read', async () => {
        const proxy = await proxied(bench);
        const limits = { statementTimeoutMs: 1, lockTimeoutMs: 1, silenceMs: 1000 };
        const adapter = bench.open('plain', 'postgres', { port: proxy.port, query: { sslmode: 'disable' }, limits });
        proxy.stallOn('pg_is_in_recovery');
        const error = await rejection(adapter.identify(newCall({ mark: 's/look' })));
        expect(error).toMatchObject({ kind: 'unreachable' });
        expect(error.message).toMatch(/^localhost:\d+ broke the connection off: no answer within 1\.001 s\.$/);
      });

      it('when the connection is cut in the middle of a read', async () => {
        const proxy = await proxied(bench);
        proxy.cutOn('pg_is_in_recovery', 'before');
        const adapter = bench.open('plain', 'postgres', { port: proxy.port, query: { sslmode: 'disable' } });
        const error = await rejection(adapter.connections(newCall({ mark: 's/look' })));
        expect(error).toMatchObject({ kind: 'unreachable' });
        expect(error.message).toMatch(/^localhost:\d+ broke the connection off: /);
      });
    });

    describe('a statement that takes too long', () => {
      it('ends by the limit of the server, with the host', async () => {
        const name = await bench.rig.createDatabase();
        const adapter = bench.open('monitor', name, { limits: { statementTimeoutMs: 1, lockTimeoutMs: 1 } });
        await bench.rig.sql(
          name,
          `DO $$ BEGIN FOR n IN 1..2000 LOOP EXECUTE format('CREATE TABLE t_%s (a int)', n); END LOOP; END $$`,
        );
        const error = await rejection(adapter.bloat(newCall({ mark: 's/bloat' })));
        expect(error).toMatchObject({
          kind: 'failed',
          message: `localhost:${port()} did not answer within the time limit of the statement.`,
        });
      });

      it('is cancelled on the server when the step is stopped', async () => {
        const name = await bench.rig.createDatabase('CREATE TABLE t (a int)');
        const holder = await bench.rig.connect('owner', name);
        await holder.query('BEGIN');
        await holder.query('LOCK TABLE t');
        const adapter = bench.open('owner', name, { limits: { statementTimeoutMs: 600_000, lockTimeoutMs: 600_000 } });
        const { table } = await adapter.table('t', newCall());
        const stop = new AbortController();
        const call = newCall({ signal: stop.signal, mark: 's/vacuum' });
        const vacuum = rejection(adapter.vacuum(table, { analyze: true }, call));
        const running = () =>
          bench.rig.sql(
            name,
            `SELECT pid FROM pg_stat_activity WHERE application_name = 'rb/s/vacuum' AND wait_event_type = 'Lock'`,
          );
        await untilTrue('it waits', async () => (await running()).length === 1);
        stop.abort(new Error('stopped by the operator'));
        expect((await vacuum).message).toBe('stopped by the operator');
        await untilTrue('it is gone from the server', async () => {
          const rows = await bench.rig.sql(
            name,
            `SELECT pid FROM pg_stat_activity WHERE application_name = 'rb/s/vacuum'`,
          );
          return rows.length === 0;
        });
        expect(bench.rig.primary.log()).toContain('canceling statement due to user request');
        await holder.query('COMMIT');
      });

      it('is not even begun when the step is stopped already', async () => {
        const error = await rejection(
          bench.open('plain', 'postgres').identify(newCall({ signal: AbortSignal.abort(new Error('too late')) })),
        );
        expect(error.message).toBe('too late');
      });

      it('or a server that does not answer the connection, is left at once when the step is stopped', async () => {
        const proxy = await proxied(bench);
        proxy.stall();
        const stop = new AbortController();
        const call = newCall({ signal: stop.signal });
        const patient = { port: proxy.port, query: { connect_timeout: '600' } };
        const looked = rejection(bench.open('plain', 'postgres', patient).identify(call));
        await untilTrue('it is connected', () => proxy.open === 1);
        stop.abort(new Error('stopped'));
        expect((await looked).message).toBe('stopped');
      });
    });
  },
  onFirst,
);
