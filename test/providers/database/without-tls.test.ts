import { describe, expect, it } from 'vitest';
import { passwordOf } from '../../rigs/postgres/roles.ts';
import { onEachVersion } from './on-each-version.ts';
import { identify, refusal } from './reach.ts';

// `sslmode=prefer` is the default on this machine: the first attempt, with TLS, fails at each of these servers.
onEachVersion('a server without TLS', { tls: false }, (bench) => {
  const port = () => bench.rig.primary.port;
  const url = (user: string, { password = 'wr0ng', database = 'postgres', query = '' } = {}) =>
    `postgresql://${user}:${encodeURIComponent(password)}@localhost:${port()}/${database}${query}`;
  const plain = { password: passwordOf('plain') };

  describe.each(['', '?sslmode=prefer', '?sslmode=allow'])('reached with %j', (query) => {
    it('lets in who has the right password', async () => {
      expect(await identify(url('plain', { ...plain, query }))).toMatchObject({ user: 'plain' });
    });

    it('is reported to refuse a wrong password', async () => {
      const error = await refusal(url('plain', { query }));
      expect(error).toMatchObject({
        kind: 'unreachable',
        message: `localhost:${port()} does not accept the password of "plain".`,
      });
    });

    it('is reported to have no such database', async () => {
      const error = await refusal(url('plain', { ...plain, database: 'nowhere', query }));
      expect(error.message).toBe(`localhost:${port()} has no database "nowhere".`);
    });

    it('is reported to keep a role out by its pg_hba.conf', async () => {
      const error = await refusal(url('certified', { query }));
      expect(error.message).toMatch(/ does not let "certified" in: pg_hba\.conf rejects connection/);
      expect(error.message).not.toContain('TLS');
    });

    it('is reported to want a password', async () => {
      const error = await refusal(`postgresql://plain@localhost:${port()}/postgres${query}`);
      expect(error.message).toContain('wants a password for "plain"');
    });

    it('is reported to keep a role out of a database', async () => {
      const closed = await bench.rig.createDatabase();
      await bench.rig.sql('postgres', `REVOKE CONNECT ON DATABASE ${closed} FROM PUBLIC`);
      const error = await refusal(url('plain', { ...plain, database: closed, query }));
      expect(error.next).toEqual([`GRANT CONNECT ON DATABASE "${closed}" TO "plain"`]);
    });

    it('is reported to have no connection left for a role', async () => {
      const keep = [];
      for (let count = 0; count < 2; count += 1) keep.push(await bench.rig.connect('limited', 'postgres'));
      const error = await refusal(url('limited', { password: passwordOf('limited'), query }));
      expect(error.message).toContain('has no connection left: too many connections for role "limited"');
      for (const client of keep) await client.end();
    });
  });

  it('is reported to do no TLS where that is required', async () => {
    const error = await refusal(url('plain', { ...plain, query: '?sslmode=require' }));
    expect(error.message).toBe(`localhost:${port()} does not do TLS, and sslmode=require wants it.`);
  });
});

onEachVersion('a server that lets a role in neither with TLS nor without', {}, (bench) => {
  it('has a reason for each, and both are reported', async () => {
    const error = await refusal(`postgresql://certified:wr0ng@localhost:${bench.rig.primary.port}/postgres`);
    expect(error.message).toMatch(
      /pg_hba\.conf rejects connection .* \(with TLS: connection requires a valid client certificate\)\.$/,
    );
  });
});
