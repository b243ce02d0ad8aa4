import { afterEach, describe, expect, it } from 'vitest';
import { newCall } from '../workload/call.ts';
import { onEachVersion } from './on-each-version.ts';

onEachVersion('what a role or a database has set', { replica: true }, (bench) => {
  const set = (...settings: readonly string[]) =>
    bench.rig.sql('postgres', settings.map((setting) => `ALTER ROLE operator ${setting}`).join(';'));
  afterEach(() => set('RESET ALL'));

  describe('serializable as the default', () => {
    it('keeps nobody from reading a replica, nor from ending a session there', async () => {
      await set(`SET default_transaction_isolation = 'serializable'`, 'SET default_transaction_deferrable = on');
      await bench.rig.caughtUp();
      const port = bench.rig.replica?.port ?? 0;
      const idle = await bench.rig.connect('app', 'postgres', { port, application: 'idle there' });
      await idle.query('SELECT 1');
      const adapter = bench.open('operator', 'postgres', { port, query: { target_session_attrs: 'standby' } });
      const { sessions, server } = await adapter.idleSessions(
        { olderThanMs: 0, includeIdleInTransaction: false },
        newCall(),
      );
      expect(server.role).toBe('replica');
      const found = sessions.filter(({ application }) => application === 'idle there');
      expect(found).toHaveLength(1);
      const keys = found.map(({ pid, backendStart }) => ({ pid, backendStart }));
      const { results } = await adapter.endSessions({ how: 'terminate', sessions: keys }, newCall());
      expect(results).toMatchObject([{ outcome: 'done' }]);
    });
  });
});
