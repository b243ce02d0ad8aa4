import { expect, it } from 'vitest';
import { newCall } from '../workload/call.ts';
import { onEachVersion } from './on-each-version.ts';

onEachVersion('bloat of a table with row security', {}, (bench) => {
  it('is not called "no column statistics" where the role only may not read them', async () => {
    const database = await bench.rig.createDatabase(
      'CREATE TABLE tenants AS SELECT n FROM generate_series(1, 1000) n',
      'ALTER TABLE tenants ENABLE ROW LEVEL SECURITY',
      'GRANT SELECT ON tenants TO monitor',
      'ANALYZE tenants',
    );
    const { tables } = await bench.open('monitor', database).bloat(newCall());
    expect(tables.find(({ name }) => name === 'public.tenants')?.why).toBe('column statistics may not be read');
  });
});
