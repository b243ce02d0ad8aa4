import { Client } from 'pg';
import type { Connection } from 'pg';
import { loopback } from '../../../sandbox/ports.ts';
import { passwordOf } from './roles.ts';

/** One that receives WAL and answers what it is told to, as pg_receivewal and a replica do. */
export interface WalReceiver {
  /** The end of what it was sent so far; null before the first message. */
  readonly received: bigint | null;
  /** Says what it has got. Positions that are left out are those of what it was sent; 0 is "none", as pg_receivewal says of what it replays. */
  answer(positions?: { readonly write?: bigint; readonly flush?: bigint; readonly replay?: bigint }): void;
  /** From now on it reads nothing and answers nothing, as a process that was stopped. */
  freeze(): void;
  end(): Promise<void>;
}

const microsecondsTo2000 = 946_684_800_000_000n;

/** Streams from where the server is now. It answers nothing by itself. */
export const startReceiver = async (
  port: number,
  name: string,
  { slot }: { readonly slot?: string } = {},
): Promise<WalReceiver> => {
  const user = 'replicator';
  const client = new Client({
    host: loopback,
    port,
    user,
    password: passwordOf(user),
    application_name: name,
    // pg has it and its types do not tell.
    ...({ replication: 'true' } as object),
  });
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ xlogpos: string }>('IDENTIFY_SYSTEM');
  const connection = client.connection as Connection & {
    sendCopyFromChunk(chunk: Buffer): void;
    query(text: string): void;
  };
  let received: bigint | null = null;
  connection.on('copyData', ({ chunk }: { readonly chunk: Buffer }) => {
    const kind = String.fromCodePoint(chunk[0] ?? 0);
    if (kind === 'w') received = chunk.readBigUInt64BE(1) + BigInt(chunk.length - 25);
    if (kind === 'k') received ??= chunk.readBigUInt64BE(1);
  });
  const started = new Promise<void>((resolve, reject) => {
    connection.on('replicationStart', () => resolve());
    connection.on('errorMessage', reject);
  });
  connection.query(
    `START_REPLICATION ${slot === undefined ? '' : `SLOT ${slot} `}PHYSICAL ${rows[0]?.xlogpos ?? '0/0'}`,
  );
  await started;
  return {
    get received() {
      return received;
    },
    answer: ({ write = received ?? 0n, flush = write, replay = write } = {}) => {
      const message = Buffer.alloc(34);
      message.write('r');
      for (const [index, position] of [write, flush, replay].entries())
        message.writeBigUInt64BE(position, 1 + 8 * index);
      message.writeBigInt64BE(BigInt(Date.now()) * 1000n - microsecondsTo2000, 25);
      connection.sendCopyFromChunk(message);
    },
    freeze: () => void connection.stream.pause(),
    end: async () => {
      connection.stream.destroy();
    },
  };
};
