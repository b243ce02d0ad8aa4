import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that can be disturbed. */
export interface Proxy {
  readonly port: number;
  /** Connections that are open at this moment. */
  readonly open: number;
  /** Connections that were taken so far. */
  readonly taken: number;
  /** Nothing passes at this moment. */
  readonly stalled: boolean;
  /** Cuts every connection, as a dying network does: with a reset. New ones are let through. */
  cut(): void;
  /** From now on nothing passes in either direction, and nobody is told. New connections are taken and left without an answer. */
  stall(): void;
  /** Cuts every connection at the moment when the client sends a text; `before` it is passed on, or right after. */
  cutOn(text: string, when: 'before' | 'after'): void;
  /** Stalls at the moment when the client sends a text, before that is passed on. `answers`: what it sends goes on, the answers do not. */
  stallOn(text: string, what?: 'all' | 'answers'): void;
  heal(): void;
  close(): Promise<void>;
}

export const startProxy = async (to: { readonly port: number; readonly host?: string }): Promise<Proxy> => {
  const pairs = new Set<readonly [Socket, Socket]>();
  let stalled: 'all' | 'answers' | undefined;
  let taken = 0;
  let trigger: { readonly text: string; readonly when: 'before' | 'after' | 'all' | 'answers' } | undefined;

  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
    pairs.clear();
  };
  const server = createServer((client) => {
    const upstream = connect({ port: to.port, host: to.host ?? '127.0.0.1' });
    const pair = [client, upstream] as const;
    taken += 1;
    pairs.add(pair);
    client.on('data', (bytes) => {
      if (stalled === 'all') return;
      const when = trigger && bytes.includes(trigger.text) ? trigger.when : undefined;
      if (when === 'before') return cut();
      if (when === 'all' || when === 'answers') stalled = when;
      if (when === 'all') return;
      upstream.write(bytes);
      if (when !== 'after') return;
      // The server reads what it was sent before it sees the end; a reset would take that away from it.
      pairs.delete(pair);
      upstream.removeAllListeners('data').resume().end();
      client.resetAndDestroy();
    });
    upstream.on('data', (bytes) => {
      if (!stalled) client.write(bytes);
    });
    for (const [one, other] of [pair, [upstream, client] as const]) {
      one.on('error', () => other.destroy());
      one.on('close', () => {
        pairs.delete(pair);
        if (!stalled) other.end();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get open() {
      return pairs.size;
    },
    get taken() {
      return taken;
    },
    get stalled() {
      return stalled !== undefined;
    },
    cut,
    stall: () => void (stalled = 'all'),
    cutOn: (text, when) => void (trigger = { text, when }),
    stallOn: (text, what = 'all') => void (trigger = { text, when: what }),
    heal: () => {
      stalled = undefined;
      trigger = undefined;
    },
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
};
