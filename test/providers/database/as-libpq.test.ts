import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startProxy } from '../../rigs/postgres/proxy.ts';
import { passwordOf } from '../../rigs/postgres/roles.ts';
import { onEachVersion } from './on-each-version.ts';
import { identify, onFirst, ownDirectory, refusal } from './reach.ts';

const passFile = (home: string, mode: number, ...lines: readonly string[]): void => {
  writeFileSync(join(home, '.pgpass'), `${lines.join('\n')}\n`, { mode });
  chmodSync(join(home, '.pgpass'), mode);
};

onEachVersion(
  'connecting as libpq does',
  {},
  (bench) => {
    const port = () => bench.rig.primary.port;

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
    });
  },
  onFirst,
);
