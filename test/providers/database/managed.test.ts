import { describe, expect, it } from 'vitest';
import { usableSlots } from '../../../src/sections/db/activity/connections-judgement.ts';
import { newCall } from '../workload/call.ts';
import { onEachVersion } from './on-each-version.ts';
import { identify, refusal } from './reach.ts';

onEachVersion('a managed service', { settings: { 'rds.rds_superuser_reserved_connections': 2 } }, (bench) => {
  it('keeps connections for its own administrators', async () => {
    const counts = await bench.open('monitor', 'postgres').connections(newCall());
    expect(counts).toMatchObject({ max: 100, reservedForSuperusers: 3, reservedForService: 2, unavailable: [] });
    expect(usableSlots(counts)).toBe(95 - counts.reservedForRoles);
  });

  describe('that wants channel_binding=require', () => {
    const query = { channel_binding: 'require' };

    it('is connected to as its URL has it', async () => {
      expect(await identify(bench.rig.url('plain', 'postgres', { query }))).toMatchObject({ user: 'plain' });
      const unverified = bench.rig.url('plain', 'postgres', { query: { ...query, sslmode: 'require' } });
      expect(await identify(unverified)).toMatchObject({ user: 'plain' });
    });

    it('is not logged in to without TLS', async () => {
      const error = await refusal(bench.rig.url('plain', 'postgres', { query: { ...query, sslmode: 'disable' } }));
      expect(error).toMatchObject({ kind: 'unreachable' });
      expect(error.message).toContain('offers no channel binding, and channel_binding=require wants');
    });

    it('is not believed where it proves nothing', async () => {
      const { cert, key } = bench.rig.clientCertificate;
      const certified = bench.rig.url('certified', 'postgres', { query: { ...query, sslcert: cert, sslkey: key } });
      expect((await refusal(certified)).message).toContain('lets us in without proof');
    });

    it('is told from one that does not know the password', async () => {
      const error = await refusal(
        `postgresql://plain:wr0ng@localhost:${bench.rig.primary.port}/postgres?sslmode=require&channel_binding=require`,
      );
      expect(error.message).toContain('does not accept the password of "plain"');
    });
  });
});
