import { randomInt } from 'node:crypto';
import type { Server } from 'node:http';
import { createServer, type Server as NetServer } from 'node:net';

/** Nothing of the sandbox listens anywhere else. */
export const loopback = '127.0.0.1';

/** Below the range from which systems take the ports of outgoing connections, so that a restarted instance finds its port free. */
const anyPort = (): number => randomInt(20_000, 32_000);

/** The preferred port first, where there is one, then others at random. */
const candidates = function* (preferred: number | undefined): Generator<number> {
  if (preferred !== undefined) yield preferred;
  for (let tries = 0; tries < 100; tries += 1) yield anyPort();
};

/** Listens on the preferred port of the loopback interface, or on another one where that is taken. Returns the port. */
export const listen = async (server: Server | NetServer, preferred?: number): Promise<number> => {
  for (const port of candidates(preferred)) {
    if (!(await listensOn(server, port))) continue;
    const address = server.address();
    if (address !== null && typeof address === 'object') return address.port;
  }
  throw new Error('no free port was found');
};

/** A port on which nothing listens at this moment, for a program that cannot look for one itself. */
export const freePort = async (preferred?: number): Promise<number> => {
  const probe = createServer();
  const port = await listen(probe, preferred);
  await new Promise((resolve) => {
    probe.close(resolve);
  });
  return port;
};

const listensOn = (server: Server | NetServer, port: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      server.off('listening', onListening);
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    };
    const onListening = (): void => {
      server.off('error', onError);
      resolve(true);
    };
    server.once('error', onError);
    server.once('listening', onListening);
    server.listen(port, loopback);
  });
