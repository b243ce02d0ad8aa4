import { beforeAll, describe, expect, test } from 'vitest';
import { logsStatements, sessionsIn } from '../../rigs/postgres/statement-log.ts';
import type { LoggedSession } from '../../rigs/postgres/statement-log.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { useDatabase } from './stage.ts';

const stage = useDatabase(
  { replica: true, settings: logsStatements },
  'CREATE TABLE orders (id int PRIMARY KEY, note text)',
  `INSERT INTO orders SELECT g, repeat('x', 60) FROM generate_series(1, 2000) g`,
  'ANALYZE',
);

let busy = 0;
beforeAll(async () => {
  await stage.rig.sql(stage.database, 'CREATE EXTENSION pg_stat_statements');
  const [client] = await stage.idle('busy', 'idle');
  void client?.query('SELECT pg_sleep(600)').catch(() => undefined);
  await untilTrue('one is at work', async () => {
    const text = `SELECT pid FROM pg_stat_activity WHERE application_name = 'busy' AND wait_event = 'PgSleep'`;
    busy = ((await stage.rig.sql('postgres', text))[0]?.['pid'] as number | undefined) ?? 0;
    return busy > 0;
  });
  await untilTrue('the other has been idle for a second', async () => {
    const text = `SELECT FROM pg_stat_activity
                   WHERE application_name = 'idle' AND state_change < clock_timestamp() - interval '1 s'`;
    return (await stage.rig.sql('postgres', text)).length === 1;
  });
});

/** The connections of rb to either server, so far. */
const ours = (): readonly LoggedSession[] =>
  [stage.rig.primary, stage.rig.replica].flatMap((server) =>
    sessionsIn(server?.log() ?? '').filter(({ application }) => application.startsWith('rb/')),
  );

/** Runs a command, and waits until the servers have seen the end of each of its connections. */
const sessionsOf = async (role: 'operator' | 'owner', line: string) => {
  const before = new Set(ours().map(({ id }) => id));
  const own = () => ours().filter(({ id }) => !before.has(id));
  const run = await stage.operator(role).run(`db ${line}`);
  await untilTrue('its connections have ended', () => own().every(({ ended }) => ended));
  return { run, sessions: own() };
};

/** What a session has sent outside of its one read-only transaction, beside the question who the server is. */
const outside = ({ statements }: LoggedSession): readonly string[] => {
  const [identity, begin, ...rest] = statements;
  if (!identity?.text.includes('pg_catalog.pg_control_system()')) return ['the first does not ask who it is'];
  if (!begin || !/^BEGIN TRANSACTION [^;]*READ ONLY;/.test(begin.text))
    return ['the second begins no read-only transaction'];
  const mayWrite = /\btransaction_read_only\b|\bREAD WRITE\b/i;
  return rest.filter((one) => one.transaction !== begin.transaction || mayWrite.test(one.text)).map(({ text }) => text);
};

describe('every look is made in one read-only transaction, which lasts until the connection ends', () => {
  test.for([
    ['operator', 'connections'],
    ['operator', 'connections --on replica-1'],
    ['operator', 'running'],
    ['operator', 'replication'],
    ['operator', 'indexes'],
    ['operator', 'size'],
    ['operator', 'bloat'],
    ['operator', 'wal'],
    ['operator', 'slow'],
    ['operator', 'blocking'],
    ['operator', 'vacuum --status'],
    ['operator', 'kill-idle --older-than 1s --dry-run'],
    ['owner', 'vacuum orders --dry-run'],
    ['operator', 'cancel <pid> --dry-run'],
    ['operator', 'terminate <pid> --dry-run'],
  ] as const)('as %s: rb db %s', async ([role, line]) => {
    const { run, sessions } = await sessionsOf(role, line.replace('<pid>', String(busy)));
    // To estimate bloat takes the right to read the tables.
    expect(run.code, run.all).toBe(line === 'bloat' ? 5 : 0);
    // Who answers is asked, and at least one thing beside that.
    expect(sessions.some(({ statements }) => statements.length > 2)).toBe(true);
    expect(sessions.map((session) => [session.application, outside(session)])).toEqual(
      sessions.map(({ application }) => [application, []]),
    );
  });

  test('what signals a session is sent outside of one, and by nothing else', async () => {
    const { run, sessions } = await sessionsOf('operator', `cancel ${busy} --yes`);
    expect(run.code, run.all).toBe(0);
    const changing = sessions.filter((session) => outside(session).length > 0);
    expect(sessions.length).toBeGreaterThan(1);
    expect(changing).toHaveLength(1);
    expect(changing[0]?.statements.map(({ text }) => text)).toContainEqual(
      expect.stringContaining('pg_cancel_backend('),
    );
  });
});
