import { expect, test } from 'vitest';
import { found, useDatabase } from './stage.ts';

const stage = useDatabase({ preload: false });

test('pg_stat_statements that is created and not preloaded: unknown, with the setting that is missing; nothing to reset', async () => {
  await stage.rig.sql(stage.database, 'CREATE EXTENSION pg_stat_statements');
  const operator = stage.operator('operator');
  const text = await operator.run('db slow');
  expect([text.code, text.all]).toEqual([
    5,
    expect.stringMatching(/\? Slow queries[^]*the server does not load it[^]*shared_preload_libraries/),
  ]);
  const json = found(await operator.run('db slow -o json'), 'slow');
  expect([json.verdict, json.data]).toEqual([
    'unknown',
    expect.objectContaining({ available: false, reason: 'not preloaded' }),
  ]);
  const reset = await stage.operator('postgres').run('db slow --reset --yes');
  expect([reset.code, reset.stderr]).toEqual([3, expect.stringContaining('shared_preload_libraries')]);
});
