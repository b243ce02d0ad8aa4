import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { layer, times } from '../layers.ts';
import { places } from './aftermath.ts';
import { runLane, type Doomed, type Killed } from './lane.ts';
import { moments } from './moments.ts';
import { restartFaults, startFaults } from './stack.ts';

// A process that is killed loses nothing that the kernel has taken: that what was acknowledged is also on the disk when the
// machine itself goes down is not shown here, but by the order of the calls in test/audit.

const seed = Number(process.env['RB_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const rollingKills = times({ usually: 12, long: 200 });
const emergencyKills = times({ usually: 2, long: 20 });
const timeout = times({ usually: 300_000, long: 3_600_000 });
/** Of so many sessions, one is killed a second time while it is resumed. */
const secondKillEvery = 5;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const rolling: Doomed = {
  command: ['restart', '--rolling', '--yes'],
  resume: ['resume', '--yes'],
  faults: restartFaults,
};
const emergency: Doomed = {
  command: ['restart', '--emergency', '--confirm', 'checkout/sandbox'],
  resume: ['resume', '--confirm', 'checkout/sandbox'],
  faults: (_, before, now) => startFaults(before, now),
};

const place = mkdtempSync(join(tmpdir(), 'rb-kill-'));
let sandboxes: readonly Sandbox[] = [];
beforeAll(async () => {
  sandboxes = await Promise.all(
    ['left', 'right'].map((name) =>
      startSandbox({ directory: join(place, name), quiet: true, database: false, cache: false }),
    ),
  );
});
let faulty = false;
afterAll(async () => {
  await Promise.all(sandboxes.map((sandbox) => sandbox.down()));
  // What is left of a session that went wrong stays for whoever looks into it.
  if (faulty) say(`kept: ${place}`);
  else rmSync(place, { recursive: true, force: true });
});

/** Kills the command at so many random moments, in all sandboxes at the same time. */
const killAll = async (doomed: Doomed, name: string, count: number, events: number): Promise<readonly Killed[]> => {
  const first = moments(count, seed, events);
  const second = moments(count, seed + 1, events);
  let taken = 0;
  const next = () => {
    const [index, moment] = [taken, first[taken]];
    taken += 1;
    const secondMoment = index % secondKillEvery === 0 ? second[index] : undefined;
    return moment && { moment, ...(secondMoment && { secondMoment }) };
  };
  const killed: Killed[] = [];
  const report = (one: Killed): void => {
    killed.push(one);
    faulty ||= one.faults.length > 0;
    for (const fault of one.faults) say(`killed ${one.moment}, ${one.place}: ${fault}`);
  };
  await Promise.all(
    sandboxes.map((sandbox, index) => {
      const directory = join(place, `${name}-${index}`);
      return runLane({ sandbox, directory, cache: join(place, 'cache') }, doomed, next, report);
    }),
  );
  say(`${name} restart, seed ${seed}: killed ${killed.length} times`);
  for (const where of places) {
    const times = killed.filter((one) => one.place === where).length;
    const again = killed.filter((one) => one.again === where).length;
    say(`  ${String(times).padStart(4)}  ${where}${again > 0 ? `, and ${again} while it was resumed` : ''}`);
  }
  return killed;
};

const faultsOf = (killed: readonly Killed[]): readonly string[] =>
  killed.flatMap((one) => one.faults.map((fault) => `killed ${one.moment}, ${one.place}: ${fault}`));

const fellInto = (killed: readonly Killed[], where: Killed['place']): number =>
  killed.filter((one) => one.place === where).length / killed.length;

test(
  'a rolling restart is killed at any moment: the log is whole, and resuming restarts the rest, each instance once',
  { timeout },
  async () => {
    const killed = await killAll(rolling, 'rolling', rollingKills, 29);
    expect(faultsOf(killed)).toEqual([]);
    expect(killed).toHaveLength(rollingKills);
    // Of a few kills the shares say little.
    if (layer !== 'long') return;
    expect(fellInto(killed, 'between intent and result')).toBeGreaterThan(0.25);
    expect(fellInto(killed, 'before the log was there')).toBeGreaterThan(0.02);
  },
);

test(
  'an emergency restart is killed at any moment: resuming brings every instance up again, stopped once',
  { timeout },
  async () => {
    const killed = await killAll(emergency, 'emergency', emergencyKills, 10);
    expect(faultsOf(killed)).toEqual([]);
    expect(killed).toHaveLength(emergencyKills);
    if (layer !== 'long') return;
    expect(fellInto(killed, 'between intent and result')).toBeGreaterThan(0.25);
  },
);
