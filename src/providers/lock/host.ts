import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import * as z from 'zod/mini';
import { codeOf, messageOf, onOneLine, RunbookError } from '../../engine/errors.ts';
import type { Guard } from '../../engine/session/guard.ts';
import { tierNumber } from '../../engine/plan/tier.ts';

/** Who holds a lock, as the refusal of another session names it. */
export const Holder = z.object({
  session: z.string(),
  login: z.string(),
  /** ISO 8601. */
  since: z.string(),
  procedure: z.string(),
  pid: z.number(),
});
export type Holder = z.output<typeof Holder>;

export interface HostLockOptions {
  readonly service: string;
  readonly environment: string;
  /** Tells apart services of one name on one host. */
  readonly scope?: string | undefined;
  readonly holder: Holder;
}

/** Locks are for what disrupts a service. Source: safety.md, "Locks". */
const fromTier = tierNumber('disruptive');

/**
 * One changing session for each service and environment on this host. The lock is a listening socket in Linux' abstract namespace: it has no
 * file, and the kernel releases it with the process that holds it, however that ends. It says who holds it to whoever connects.
 * It covers the processes of one network namespace, of all users; a container with a network of its own is another host.
 */
export const hostLock = ({ service, environment, scope, holder }: HostLockOptions): Guard => {
  const name = nameOf(service, environment, scope);
  let held: Server | undefined;
  return {
    beforeQuestion: async ({ tier }) => {
      if (held || tierNumber(tier) < fromTier) return;
      const other = await holderOf(name);
      if (other) throw refusal(service, environment, other);
    },
    beforeIntent: async ({ tier }) => {
      if (held || tierNumber(tier) < fromTier) return;
      held = await take(name, holder);
      if (!held) throw refusal(service, environment, await holderOf(name));
    },
    release: async () => {
      const server = held;
      held = undefined;
      // The name is free as soon as it does not listen any more, whatever becomes of the connections.
      server?.close();
    },
  };
};

/** Of a fixed length: the kernel takes at most 107 bytes, and a service may be called anything. */
const nameOf = (...of: readonly (string | undefined)[]): string =>
  `\0rb/lock/${createHash('sha256').update(JSON.stringify(of)).digest('hex')}`;

/** Undefined where another process has it. */
const take = (name: string, holder: Holder): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      // Whoever asks gets the answer; what it does with the connection holds nothing up.
      socket.unref();
      socket.on('error', () => undefined);
      socket.end(JSON.stringify(holder), () => socket.destroy());
    });
    // More may follow, while connections are accepted: the lock is held all the same.
    server.on('error', (error) => {
      if (codeOf(error) === 'EADDRINUSE') resolve(undefined);
      else
        reject(
          new RunbookError('refused', `The lock of this host could not be taken: ${messageOf(error)}.`, {
            cause: error,
          }),
        );
    });
    server.listen(name, () => {
      // It holds a lock, not the process.
      server.unref();
      resolve(server);
    });
  });

const answerWithinMs = 1000;
const longestAnswer = 4096;

/** Who has the lock; undefined where no process has it. What it says of itself is foreign text: one that says nothing sensible is "another process". */
const holderOf = (name: string): Promise<Partial<Holder> | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ path: name });
    let text = '';
    const done = (connected: boolean) => {
      socket.destroy();
      resolve(connected ? parse(text) : undefined);
    };
    socket.setTimeout(answerWithinMs, () => done(true));
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      text += part;
      if (text.length > longestAnswer) done(true);
    });
    socket.once('end', () => done(true));
    socket.on('error', (error) => done(codeOf(error) !== 'ECONNREFUSED' && codeOf(error) !== 'ENOENT'));
  });

const parse = (text: string): Partial<Holder> => {
  try {
    return Holder.parse(JSON.parse(text));
  } catch {
    return {};
  }
};

const refusal = (service: string, environment: string, other: Partial<Holder> | undefined): RunbookError => {
  const { login, since, procedure, session, pid } = other ?? {};
  const who = login === undefined ? 'another process' : `${onOneLine(login)} (pid ${pid})`;
  const what = procedure === undefined ? '' : `: ${onOneLine(procedure)}, session ${onOneLine(session ?? '')}`;
  const when = since === undefined ? '' : ` since ${onOneLine(since)}`;
  return new RunbookError(
    'refused',
    `${service}/${environment} is being changed on this host by ${who}${when}${what}.`,
    { next: ['wait until it has ended', ...(session === undefined ? [] : [`rb audit show ${onOneLine(session)}`])] },
  );
};
