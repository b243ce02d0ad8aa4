import { hostLock } from '../../../src/providers/lock/host.ts';

/** Takes the lock of a service, says so, and waits to be ended; with `leave` it has nothing more to do. */
const [service = '', leave] = process.argv.slice(2);
const lock = hostLock({
  service,
  environment: 'production',
  holder: { session: 's1', login: 'bob', since: '2026-11-30T03:00:00.000Z', procedure: 'scale', pid: process.pid },
});
await lock.beforeIntent({ step: 's', title: 's', tier: 'disruptive' });
process.stdout.write('held\n');
if (leave === undefined) setInterval(() => undefined, 60_000);
