import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import type { Guard } from '../../../src/engine/session/guard.ts';
import { hostLock } from '../../../src/providers/lock/host.ts';

let count = 0;
const newService = () => `shop-${String(process.pid)}-${String(++count)}`;

const lock = (service: string, session = 's1', more: { readonly environment?: string; readonly scope?: string } = {}) =>
  hostLock({
    service,
    environment: 'production',
    ...more,
    holder: { session, login: 'ann', since: '2026-11-30T03:00:00.000Z', procedure: 'restart.rolling', pid: 4711 },
  });

const intended = { step: 'restart', title: 'Restart', tier: 'disruptive' } as const;
const take = (guard: Guard) => guard.beforeIntent(intended);
const refused = {
  kind: 'refused',
  message: expect.stringContaining(
    'is being changed on this host by ann (pid 4711) since 2026-11-30T03:00:00.000Z: restart.rolling, session s1.',
  ) as string,
};

describe('the lock of this host', () => {
  it('is held by one session, and the refusal names it: before the question and before the intent', async () => {
    const service = newService();
    const [one, other] = [lock(service), lock(service, 's2')];
    await one.beforeQuestion(intended);
    await take(one);
    await take(one);
    await expect(other.beforeQuestion(intended)).rejects.toMatchObject(refused);
    await expect(take(other)).rejects.toMatchObject(refused);
    await one.release();
    await other.beforeQuestion(intended);
    await take(other);
    await other.release();
  });

  it('is one for each service, environment and scope', async () => {
    const service = newService();
    const all = [
      lock(service),
      lock(newService()),
      lock(service, 's', { environment: 'staging' }),
      lock(service, 's', { scope: 'west' }),
    ];
    await Promise.all(all.map(take));
    await Promise.all(all.map((one) => one.release()));
  });

  it('is not for mild changes', async () => {
    const service = newService();
    const [one, other] = [lock(service), lock(service, 's2')];
    await take(one);
    await other.beforeQuestion({ ...intended, tier: 'mild' });
    await other.beforeIntent({ ...intended, tier: 'mild' });
    await one.release();
  });

  it('goes with the process that held it, however that ends', async () => {
    const service = newService();
    const holder = spawn(process.execPath, [join(import.meta.dirname, 'holder.ts'), service], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(createInterface({ input: holder.stdout }), 'line');
    const other = lock(service, 's2');
    await expect(take(other)).rejects.toMatchObject({ kind: 'refused' });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await take(other);
    await other.release();
  });

  it('believes nothing that another program says under its name, and does not wait for it', async () => {
    const service = newService();
    const real = lock(service);
    await take(real);
    const name = await boundName();
    await real.release();
    for (const answer of ['\u001B[2Jnot JSON', '{"session":1}', 'x'.repeat(100_000), undefined]) {
      const impostor = createServer((socket) => {
        socket.on('error', () => undefined);
        if (answer !== undefined) socket.end(answer);
      });
      impostor.listen(name);
      // oxlint-disable-next-line no-await-in-loop -- one name
      await once(impostor, 'listening');
      // oxlint-disable-next-line no-await-in-loop
      await expect(take(real)).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringContaining('by another process.') as string,
      });
      // oxlint-disable-next-line no-await-in-loop
      await new Promise((resolve) => impostor.close(resolve));
    }
  });

  it('is released at once, whatever a program does that asked for the holder', async () => {
    const service = newService();
    const [one, other] = [lock(service), lock(service, 's2')];
    await take(one);
    const name = await boundName();
    const peers = Array.from({ length: 3 }, () => connect({ path: name, allowHalfOpen: true }));
    await Promise.all(peers.map((peer) => once(peer, 'connect')));
    await one.release();
    await take(other);
    await other.release();
    for (const peer of peers) peer.destroy();
  });

  it('does not keep the process that holds it', async () => {
    const holder = spawn(process.execPath, [join(import.meta.dirname, 'holder.ts'), newService(), 'leave']);
    expect(await once(holder, 'exit')).toEqual([0, null]);
  });
});

/** The name of the newest lock of this machine, as the kernel lists it. */
const boundName = async (): Promise<string> => {
  const { readFile } = await import('node:fs/promises');
  const names = [...(await readFile('/proc/net/unix', 'utf8')).matchAll(/@(rb\/lock\/[0-9a-f]{64})/g)];
  for (const [, name] of names.toReversed()) {
    const socket = connect({ path: `\0${name}` });
    // oxlint-disable-next-line no-await-in-loop -- until it is ours
    const [text] = (await once(socket.setEncoding('utf8'), 'data')) as [string];
    socket.destroy();
    if (text.includes('"pid":4711')) return `\0${name}`;
  }
  throw new Error('there is no lock of ours');
};
