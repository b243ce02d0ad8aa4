import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startProxy } from '../../rigs/postgres/proxy.ts';
import { passwordOf } from '../../rigs/postgres/roles.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { newCall } from '../workload/call.ts';
import { onEachVersion, rejection } from './on-each-version.ts';
import { at, identify, onFirst, ownDirectory, refusal } from './reach.ts';

const passFile = (home: string, mode: number, ...lines: readonly string[]): void => {
  writeFileSync(join(home, '.pgpass'), `${lines.join('\n')}\n`, { mode });
  chmodSync(join(home, '.pgpass'), mode);
};

/** A server that is still starting: it says so to whoever connects. */
const startStarting = async () => {
  let taken = 0;
  const fields = ['SFATAL', 'VFATAL', 'C57P03', 'Mthe database system is starting up', ''];
  const body = Buffer.from(fields.map((field) => `${field}\0`).join(''));
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      taken += 1;
      socket.end(Buffer.concat([Buffer.from('E'), length, body]));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, taken: () => taken, close: () => void server.close() };
};

onEachVersion(
  'connecting as libpq does',
  {},
  (bench) => {
    const port = () => bench.rig.primary.port;
    /** A URL that leads through a proxy, which stalls when it is asked which kind the server is. */
    const stalling = async (query: string) => {
      const proxy = await startProxy({ port: port() });
      onTestFinished(() => proxy.close());
      proxy.stallOn('pg_is_in_recovery');
      const user = `plain:${encodeURIComponent(passwordOf('plain'))}`;
      const url = `postgresql://${user}@localhost:${proxy.port}/postgres?sslmode=disable&${query}`;
      return { proxy, url };
    };

    describe('finds what the URL leaves out where libpq does', () => {
      const escaped = passwordOf('plain').replaceAll(':', '\\:');

      it('the password in ~/.pgpass, if nobody else may read it', async () => {
        const home = ownDirectory();
        const url = `postgresql://plain@localhost:${port()}/postgres`;
        passFile(
          home,
          0o600,
          '# a comment',
          `localhost:1:*:plain:wr0ng`,
          `*:${port()}:other:plain:wr0ng`,
          `localhost:*:postgres:plain:${escaped}`,
          '*:*:*:*:wr0ng',
        );
        expect(await identify(url, { home })).toMatchObject({ user: 'plain' });
        passFile(home, 0o644, `localhost:*:postgres:plain:${escaped}`);
        const error = await refusal(url, { home });
        expect(error.message).toContain(`${join(home, '.pgpass')} is not used because others may read it`);
        expect(
          await identify(url, { environment: { PGPASSFILE: '/nonexistent', PGPASSWORD: passwordOf('plain') } }),
        ).toMatchObject({ user: 'plain' });
      });

      it('everything in a service file', async () => {
        const home = ownDirectory();
        const lines = [
          '[other]',
          'host=elsewhere.invalid',
          '',
          '[shop]',
          'host=localhost',
          `port=${port()}`,
          'dbname=postgres',
          'user=plain',
          `password=${passwordOf('plain')}`,
        ];
        writeFileSync(join(home, '.pg_service.conf'), lines.join('\n'));
        expect(await identify('postgresql://?service=shop', { home })).toMatchObject({
          user: 'plain',
          database: 'postgres',
        });
        expect(await identify('postgresql:///', { home, environment: { PGSERVICE: 'shop' } })).toMatchObject({
          user: 'plain',
        });
        // What the URL says comes first.
        expect((await refusal('postgresql:///nowhere?service=shop', { home })).message).toContain(
          'no database "nowhere"',
        );
        expect(await refusal('postgresql://?service=shopp', { home })).toMatchObject({ kind: 'usage' });
      });

      it('everything in the environment, and the name of the login', async () => {
        const environment = {
          PGHOST: 'localhost',
          PGPORT: String(port()),
          PGDATABASE: 'postgres',
          PGPASSWORD: passwordOf('plain'),
        };
        expect(await identify('postgresql:///', { environment, login: 'plain' })).toMatchObject({
          user: 'plain',
          database: 'postgres',
        });
      });
    });

    describe('with several hosts', () => {
      it('takes the first that answers, and one of the kind that is asked for', async () => {
        const closed = await startProxy({ port: port() });
        await closed.close();
        const hosts = (query: string) =>
          `postgresql://plain:${encodeURIComponent(passwordOf('plain'))}@localhost:${closed.port},localhost:${port()}/postgres${query}`;
        expect(await identify(hosts(''))).toMatchObject({ address: `localhost:${port()}` });
        expect(await identify(hosts('?target_session_attrs=read-write'))).toMatchObject({ role: 'primary' });
        expect(await identify(hosts('?target_session_attrs=prefer-standby'))).toMatchObject({ role: 'primary' });
        const only = `postgresql://plain:${encodeURIComponent(passwordOf('plain'))}@localhost:${port()}/postgres?target_session_attrs=standby`;
        expect((await refusal(only)).message).toContain('is no replica, and target_session_attrs=standby wants one');
      });

      it('goes on to the next where a host cannot be reached, and names each when none is left', async () => {
        const closed = await startProxy({ port: port() });
        await closed.close();
        const error = await refusal(
          `postgresql://plain:wr0ng@localhost:${closed.port},no-such-host.invalid:1/postgres?sslmode=disable`,
        );
        expect(error).toMatchObject({ kind: 'unreachable' });
        expect(error.message).toMatch(
          /^cannot reach localhost:\d+: connection refused; .*no-such-host\.invalid[^.]*\.$/,
        );
        expect(error.next?.length).toBe(2);
        const standby = await refusal(
          `postgresql://plain:${encodeURIComponent(passwordOf('plain'))}@localhost:${closed.port},localhost:${port()}/postgres?target_session_attrs=standby`,
        );
        expect(standby.message).toMatch(/connection refused; localhost:\d+ is no replica/);
      });

      it('does not go on where a server says no: the next one might take what this one does not', async () => {
        const other = await startProxy({ port: port() });
        try {
          const error = await refusal(
            `postgresql://plain:wr0ng@localhost:${port()},localhost:${other.port}/postgres?sslmode=disable`,
          );
          expect(error).toMatchObject({
            kind: 'unreachable',
            message: `localhost:${port()} does not accept the password of "plain".`,
          });
          expect(other.taken).toBe(0);
        } finally {
          await other.close();
        }
      });

      it('goes on where a server takes no connections yet (57P03)', async () => {
        const starting = await startStarting();
        onTestFinished(() => starting.close());
        expect(
          await identify(
            `postgresql://plain:${encodeURIComponent(passwordOf('plain'))}@localhost:${starting.port},localhost:${port()}/postgres?sslmode=disable`,
          ),
        ).toMatchObject({ address: `localhost:${port()}` });
        expect(starting.taken()).toBe(1);
      });

      describe('asked which kind it is, and falling silent', () => {
        it('is given the time that a connection may take, and is left then', async () => {
          const { proxy, url } = await stalling('target_session_attrs=primary&connect_timeout=2');
          const error = await refusal(url);
          expect(error).toMatchObject({
            kind: 'unreachable',
            message: `localhost:${proxy.port} does not answer within 2 s.`,
          });
          await untilTrue('the socket is closed', () => proxy.open === 0);
        });

        it('is left at once when the step is stopped', async () => {
          const { proxy, url } = await stalling('target_session_attrs=prefer-standby&connect_timeout=600');
          const stop = new AbortController();
          const looked = rejection(at(url).identify(newCall({ signal: stop.signal })));
          await untilTrue('it has asked', () => proxy.stalled);
          stop.abort(new Error('stopped'));
          expect((await looked).message).toBe('stopped');
          await untilTrue('the socket is closed', () => proxy.open === 0);
        });
      });
    });
  },
  onFirst,
);
