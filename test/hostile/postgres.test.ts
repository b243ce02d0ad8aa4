import { describe, expect, test, vi } from 'vitest';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Database } from '../../src/providers/database/port.ts';
import { openPostgres } from '../../src/providers/database/postgres.ts';
import { newCall } from '../providers/workload/call.ts';
import { answersOf, atOnce } from './prove.ts';
import { type HostileServer, hostilePostgresAnswers } from './postgres-answers.ts';
import { startPostgres } from './postgres-server.ts';

vi.setConfig({ maxConcurrency: atOnce });

/** What `use` resolves to, of a database whose server does this. */
const withServer = async <Result>(server: HostileServer, use: (database: Database) => Promise<Result>) => {
  const played = await startPostgres(server);
  const database = openPostgres(
    { url: `${played.url}&connect_timeout=2`, limits: { statementTimeoutMs: 100, lockTimeoutMs: 100 } },
    { environment: {}, home: '/nonexistent', login: 'nobody', remember: () => undefined },
  );
  return use(database).finally(() => played.close());
};

const call = () => newCall({ mark: '20260301-abcd/look' });
const answers = hostilePostgresAnswers(...answersOf(58));

const failure = (server: HostileServer): Promise<unknown> =>
  withServer(server, (database) => database.connections(call())).then(
    (value) => {
      throw new Error(`it was read as ${JSON.stringify(value).slice(0, 300)}`);
    },
    (error: unknown) => error,
  );

describe.concurrent('a PostgreSQL server that answers', { timeout: 60_000 }, () => {
  test.each(answers)('$name is not believed', async ({ answer }) => {
    const error = await failure(answer);
    expect(error).toBeInstanceOf(RunbookError);
    expect(error).toMatchObject({ kind: expect.stringMatching(/^(?:unreachable|failed)$/) });
    expect(error instanceof Error && error.message.length).toBeLessThan(20_000);
  });

  test.each(answers.slice(0, 29))('$name leaves a change open', async ({ answer }) => {
    const sessions = [{ pid: 7, backendStart: '2026-01-02T03:04:05.000006Z' }];
    const ended = await withServer(answer, (database) =>
      database.endSessions({ how: 'terminate', sessions }, call()).catch((error: unknown) => error),
    );
    if (ended instanceof RunbookError) expect(ended.kind).toMatch(/^(?:unreachable|failed|unknown)$/);
    else expect(ended).toMatchObject({ results: [{ outcome: expect.stringMatching(/^(?:denied|gone)$/) }] });
  });
});

test('the server that they are made from is', async () => {
  const seen = await withServer({}, (database) => database.connections(call()));
  expect(seen).toMatchObject({ total: 3, max: 100, server: { version: '16.4' } });
});

const message = async (name: string): Promise<unknown> => {
  const error = await failure(answers.find((one) => one.name.endsWith(` ${name}`))?.answer ?? {});
  return error instanceof Error ? error.message : error;
};

test('limits are in the sentence', async () => {
  expect(await message('rows without end')).toContain('answers with more than 16 MiB');
  expect(await message('small rows without end')).toContain('answers with more than 50000 rows');
  expect(await message('very many columns')).toContain('answers with rows of more than 100 columns');
  expect(await message('a number as text')).toContain('answers with a row that cannot be read');
});
