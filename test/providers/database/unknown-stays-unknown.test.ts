import { afterEach, expect, it } from 'vitest';
import { startReceiver } from '../../rigs/postgres/receiver.ts';
import type { WalReceiver } from '../../rigs/postgres/receiver.ts';
import { untilTrue } from '../../rigs/postgres/until.ts';
import { judgeReceiver } from '../../../src/sections/db/replication/replication-judgement.ts';
import { judgeSlot } from '../../../src/sections/db/replication/slots-judgement.ts';
import { newCall } from '../workload/call.ts';
import { onEachVersion } from './on-each-version.ts';

const megabyte = 1024 ** 2;

// `greatest(0, NULL)` is 0 in PostgreSQL: a distance that is not known would be none.
onEachVersion('what is not known is not 0', { settings: { wal_sender_timeout: 0 } }, (bench) => {
  const receivers: WalReceiver[] = [];
  afterEach(async () => {
    for (const receiver of receivers.splice(0)) await receiver.end();
  });
  const receive = async (name: string): Promise<WalReceiver> => {
    const receiver = await startReceiver(bench.rig.primary.port, name);
    receivers.push(receiver);
    return receiver;
  };
  const write = (bytes: number) =>
    bench.rig.sql('postgres', `SELECT pg_logical_emit_message(true, 'test', repeat('x', ${bytes}))`);
  const seen = async (name: string) => {
    const { receivers } = await bench.open('monitor', 'postgres').replication(newCall());
    return receivers.find((one) => one.name === name);
  };
  const seenWhere = async (
    name: string,
    isSo: (receiver: NonNullable<Awaited<ReturnType<typeof seen>>>) => boolean,
  ) => {
    let found = await seen(name);
    await untilTrue(`${name} is so`, async () => {
      found = await seen(name);
      return found !== undefined && isSo(found);
    });
    if (found === undefined) throw new Error('it is gone');
    return found;
  };

  it('a pg_receivewal that was stopped lies behind by what it has not written', async () => {
    const receiver = await receive('pg_receivewal');
    await write(1000);
    await untilTrue('it was sent that', () => receiver.received !== null);
    receiver.answer({ replay: 0n });
    await seenWhere('pg_receivewal', ({ lastReplyMs }) => lastReplyMs !== null);
    receiver.freeze();
    await write(111 * megabyte);
    const found = await seenWhere('pg_receivewal', ({ notWrittenBytes }) => (notWrittenBytes ?? 0) > 111 * megabyte);
    expect(found).toMatchObject({ replays: false, notReplayedBytes: null });
    expect(judgeReceiver(found).verdict).toBe('warn');
  });

  it('a receiver that has not answered yet lies behind by nobody knows how much', async () => {
    await receive('silent');
    const found = await seenWhere('silent', ({ state }) => state === 'streaming');
    expect(found).toMatchObject({
      replays: null,
      notWrittenBytes: null,
      notFlushedBytes: null,
      notReplayedBytes: null,
      replayLagMs: null,
    });
    expect(judgeReceiver(found).verdict).toBe('unknown');
  });

  it('a receiver that says what it has written and not what it has flushed has an unknown amount to flush', async () => {
    const receiver = await receive('unflushed');
    await write(1000);
    await untilTrue('it was sent that', () => receiver.received !== null);
    receiver.answer({ flush: 0n, replay: 0n });
    const found = await seenWhere('unflushed', ({ lastReplyMs }) => lastReplyMs !== null);
    expect(found).toMatchObject({ notFlushedBytes: null, notReplayedBytes: null });
    expect(found.notWrittenBytes).not.toBeNull();
    expect(judgeReceiver(found).verdict).toBe('ok');
  });

  it('a slot that was never used keeps no WAL, and not 0 bytes of it', async () => {
    await bench.rig.sql('postgres', `SELECT pg_create_physical_replication_slot('reserved_for_later')`);
    const { slots } = await bench.open('monitor', 'postgres').replication(newCall());
    const slot = slots.find(({ name }) => name === 'reserved_for_later');
    expect(slot).toMatchObject({ retainedBytes: null, active: false });
    expect(slot && judgeSlot(slot).verdict).toBe('ok');
    await bench.rig.sql('postgres', `SELECT pg_drop_replication_slot('reserved_for_later')`);
  });

  it('a table that was never analysed, after a reset of the statistics, has an unknown number of rows', async () => {
    const name = await bench.rig.createDatabase('CREATE TABLE orders AS SELECT n FROM generate_series(1, 1000) n');
    const find = async () => {
      const { missing } = await bench.open('monitor', name).indexes({ limit: 5, minBytes: 0 }, newCall());
      return missing.find(({ table }) => table === 'public.orders');
    };
    // A session sends what it has counted when it ends, at the latest.
    await bench.rig.sql(name, 'SELECT pg_stat_reset()');
    await bench.rig.sql(name, 'SELECT count(*) FROM orders');
    await untilTrue('the scan is counted', async () => (await find()) !== undefined);
    expect(await find()).toMatchObject({ rows: null });
    await bench.rig.sql(name, 'ANALYZE orders');
    await untilTrue('its rows are known', async () => (await find())?.rows === 1000);
  });
});
