import { describe, expect, test } from 'vitest';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { postgresVersions } from '../../rigs/postgres/versions.ts';
import { found, useDatabase } from './stage.ts';

const versions = await postgresVersions();

describe.each(versions)('rb db wal on $name', ({ binaries }) => {
  const silent = useDatabase({ binaries, settings: { archive_mode: 'on' } });
  const told = useDatabase({ binaries, settings: { archive_mode: 'on', archive_command: 'true' } });

  test('archiving that is on without a command keeps all WAL: it does not work', async () => {
    const { verdict, summary } = found(await silent.operator('operator').run('db wal -o json'), 'wal');
    expect([verdict, summary]).toEqual([
      'warn',
      expect.stringContaining('archiving: is on without a command (archive_command), so WAL is kept'),
    ]);
  });

  test('archiving that has done nothing yet is not said to work', async () => {
    // Files of before may still be on their way.
    await untilTrue('it is told', async () => {
      await told.rig.sql('postgres', `SELECT pg_stat_reset_shared('archiver')`);
      const { summary } = found(await told.operator('operator').run('db wal -o json'), 'wal');
      const [row] = await told.rig.sql('postgres', 'SELECT archived_count::int AS count FROM pg_stat_archiver');
      expect(summary).toMatch(row?.['count'] === 0 ? 'nothing has been archived yet' : /archiv/);
      return row?.['count'] === 0;
    });
  });
});
