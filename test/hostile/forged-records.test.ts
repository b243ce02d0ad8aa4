import { expect, test } from 'vitest';
import { attackRecords } from './forged-records.ts';
import { share, tried } from './prove.ts';

test('forged records, spill files and side files: no crash, and no step that no log has', async () => {
  const count = share(500, 60);
  const { broken, slowestMs } = await attackRecords(count);
  tried('forged records and side files', count, broken);
  expect(broken).toEqual([]);
  // A hang would be one that no bound stops: each of them reads a few hundred lines.
  expect(slowestMs).toBeLessThan(60_000);
});
