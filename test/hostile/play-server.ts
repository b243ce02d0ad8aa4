import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Play } from './http-answers.ts';

export interface PlayServer {
  readonly port: number;
  /** What comes next; for every connection until it is set again. */
  answer: Play;
  close(): void;
}

/** A TCP server on this machine that reads the head of a request and then does whatever `answer` does. */
export const startPlayServer = async (answer: Play = (socket) => socket.destroy()): Promise<PlayServer> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.once('data', () => playing.answer(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const playing: PlayServer = {
    port: typeof address === 'object' && address ? address.port : 0,
    answer,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return playing;
};
