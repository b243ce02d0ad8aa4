import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { good, greeting, type HostileServer } from './postgres-answers.ts';

export interface PlayedPostgres {
  readonly url: string;
  close(): void;
}

/** Speaks as much of the protocol as it takes to be asked: a startup message is greeted, every query and Sync is answered. */
export const startPostgres = async ({ greet, answer = good }: HostileServer): Promise<PlayedPostgres> => {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    let read = Buffer.alloc(0);
    let greeted = false;
    socket.on('data', (chunk) => {
      read = Buffer.concat([read, chunk]);
      for (;;) {
        const start = greeted ? 1 : 0;
        if (read.length < start + 4) return;
        const length = read.readInt32BE(start) + start;
        if (read.length < length) return;
        const type = greeted ? String.fromCharCode(read[0] ?? 0) : 'start';
        read = read.subarray(length);
        if (!greeted) {
          greeted = true;
          if (greet) greet(socket);
          else socket.write(greeting());
        } else if (type === 'Q' || type === 'S') answer(socket);
      }
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  return {
    url: `postgres://rb@127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/shop?sslmode=disable`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
    },
  };
};
