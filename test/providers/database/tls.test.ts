import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createAuthority } from '../../../sandbox/stack/certificates.ts';
import { newCall } from '../workload/call.ts';
import { passwordOf } from '../../rigs/postgres/roles.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { onEachVersion } from './on-each-version.ts';
import type { Bench } from './on-each-version.ts';
import { at, identify, onFirst, ownDirectory, refusal } from './reach.ts';

const base = ({ rig }: Bench, parameters: Record<string, string>): string =>
  `postgresql://plain:${encodeURIComponent(passwordOf('plain'))}@localhost:${rig.primary.port}/postgres?${new URLSearchParams(parameters).toString()}`;

const byAnotherName = (bench: Bench, sslmode: string): string =>
  base(bench, { sslmode, sslrootcert: bench.rig.caFile, hostaddr: '127.0.0.1', host: 'db.example.com' });

/** The server logs how each came in. */
const encrypted = async ({ rig }: Bench, url: string): Promise<boolean> => {
  await at(url).identify(newCall({ mark: 's/tls' }));
  const lines = rig.primary
    .log()
    .split('\n')
    .filter((line) => line.includes('connection authorized') && line.includes('rb/s/tls'));
  return lines.at(-1)?.includes('SSL enabled') ?? false;
};

onEachVersion(
  'TLS',
  {},
  (bench) => {
    const port = () => bench.rig.primary.port;

    it('is of a version that the parameters allow, or not at all', async () => {
      await bench.rig.sql('postgres', `ALTER SYSTEM SET ssl_max_protocol_version = 'TLSv1.2'`);
      await bench.rig.sql('postgres', 'SELECT pg_reload_conf()');
      const atLeast = (version: string) => base(bench, { sslmode: 'require', ssl_min_protocol_version: version });
      try {
        await untilTrue('the server does no newer one', async () =>
          identify(atLeast('TLSv1.3')).then(
            () => false,
            () => true,
          ),
        );
        expect(await identify(atLeast('TLSv1.2'))).toMatchObject({ user: 'plain' });
        const error = await refusal(atLeast('TLSv1.3'));
        expect(error).toMatchObject({
          kind: 'unreachable',
          message: `cannot reach localhost:${port()}: the other side speaks no version of TLS that is allowed here.`,
        });
      } finally {
        await bench.rig.sql('postgres', 'ALTER SYSTEM RESET ssl_max_protocol_version');
        await bench.rig.sql('postgres', 'SELECT pg_reload_conf()');
      }
      await untilTrue('the server does it again', async () =>
        identify(atLeast('TLSv1.3')).then(
          () => true,
          () => false,
        ),
      );
    });

    it('is what sslmode says, as libpq has it', async () => {
      await bench.rig.sql('postgres', 'ALTER SYSTEM SET log_connections = on');
      await bench.rig.sql('postgres', 'SELECT pg_reload_conf()');
      await untilTrue('connections are logged', async () => {
        await identify(base(bench, {}));
        return bench.rig.primary.log().includes('connection authorized: user=plain');
      });
      const ca = bench.rig.caFile;
      expect(await encrypted(bench, base(bench, { sslmode: 'disable' }))).toBe(false);
      expect(await encrypted(bench, base(bench, { sslmode: 'allow' }))).toBe(false);
      expect(await encrypted(bench, base(bench, { sslmode: 'prefer' }))).toBe(true);
      expect(await encrypted(bench, base(bench, { sslmode: 'require' }))).toBe(true);
      expect(await encrypted(bench, base(bench, { sslmode: 'verify-ca', sslrootcert: ca }))).toBe(true);
      expect(await encrypted(bench, base(bench, { sslmode: 'verify-full', sslrootcert: ca }))).toBe(true);
      expect(await encrypted(bench, base(bench, {}))).toBe(true);
      await bench.rig.sql('postgres', 'ALTER SYSTEM SET ssl = off');
      await bench.rig.sql('postgres', 'SELECT pg_reload_conf()');
      try {
        await untilTrue(
          'the server does no TLS',
          async () => !(await encrypted(bench, base(bench, { sslmode: 'prefer' }))),
        );
        const error = await refusal(base(bench, { sslmode: 'require' }));
        expect(error).toMatchObject({
          kind: 'unreachable',
          message: `localhost:${port()} does not do TLS, and sslmode=require wants it.`,
        });
      } finally {
        await bench.rig.sql('postgres', 'ALTER SYSTEM RESET ssl');
        await bench.rig.sql('postgres', 'SELECT pg_reload_conf()');
        await untilTrue('the server does TLS again', () => encrypted(bench, base(bench, { sslmode: 'prefer' })));
      }
    });

    it('verifies who signed the certificate', async () => {
      const error = await refusal(base(bench, { sslmode: 'verify-full' }));
      expect(error).toMatchObject({ kind: 'unreachable' });
      expect(error.message).toBe(
        `cannot reach localhost:${port()}: the server's certificate comes from an authority that is not trusted here (sslmode=verify-full).`,
      );
      expect(error.next?.[0]).toContain('sslrootcert=');
      // With an authority named, `require` verifies too.
      const other = join(ownDirectory(), 'other.crt');
      writeFileSync(other, (await createAuthority(Date.now)).certificate);
      expect((await refusal(base(bench, { sslmode: 'require', sslrootcert: other }))).message).toContain(
        'an authority that is not trusted here',
      );
    });

    it('verifies the name, unless verify-ca is enough', async () => {
      const error = await refusal(byAnotherName(bench, 'verify-full'));
      expect(error).toMatchObject({ kind: 'unreachable' });
      expect(error.message).toMatch(
        /^cannot reach db\.example\.com:\d+: the server's certificate is for another name than db\.example\.com: .*localhost/,
      );
      expect(await identify(byAnotherName(bench, 'verify-ca'))).toMatchObject({ address: `db.example.com:${port()}` });
      expect(await identify(byAnotherName(bench, 'require').replace(/sslrootcert=[^&]*&/, ''))).toMatchObject({
        user: 'plain',
      });
    });

    it('notices an expired certificate', async () => {
      await bench.rig.presentCertificate(-1);
      try {
        const error = await refusal(bench.rig.url('plain', 'postgres'));
        expect(error).toMatchObject({
          kind: 'unreachable',
          message: `cannot reach localhost:${port()}: the server's certificate has expired.`,
        });
      } finally {
        await bench.rig.presentCertificate(1);
      }
      expect(await identify(bench.rig.url('plain', 'postgres'))).toMatchObject({ user: 'plain' });
    });

    it('logs in with a client certificate, whose key nobody else may read', async () => {
      const home = ownDirectory();
      mkdirSync(join(home, '.postgresql'));
      const { cert, key } = bench.rig.clientCertificate;
      const copy = (from: string, to: string, mode: number) => {
        writeFileSync(join(home, '.postgresql', to), bench.rig.read(from), { mode });
        chmodSync(join(home, '.postgresql', to), mode);
      };
      copy(cert, 'postgresql.crt', 0o644);
      copy(key, 'postgresql.key', 0o600);
      copy(bench.rig.caFile, 'root.crt', 0o644);
      const url = `postgresql://certified@localhost:${port()}/postgres?sslmode=verify-full`;
      expect(await identify(url, { home })).toMatchObject({ user: 'certified' });
      copy(key, 'postgresql.key', 0o644);
      const error = await refusal(url, { home });
      expect(error).toMatchObject({ kind: 'usage' });
      expect(error.message).toContain('may be read by others; it is not used');
    });
  },
  onFirst,
);
