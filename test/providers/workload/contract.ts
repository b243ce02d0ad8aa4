import { describe, expect, test as base } from 'vitest';
import type { Change } from '../../../src/engine/change.ts';
import { fingerprint } from '../../../src/engine/change.ts';
import type { AnyFinding } from '../../../src/engine/finding.ts';
import type { Call, Instance, Workload } from '../../../src/providers/workload/port.ts';
import { carriedOut, newCall } from './call.ts';
import { haveTimeForPrograms } from '../../patience.ts';

haveTimeForPrograms();

/** A real platform with a service `checkout` of three instances, version 2.0.0, of which 1.0.0 was the version before; between 1 and 9 of them are allowed. */
export interface WorkloadRig {
  /** A new adapter, as a new process would open it. */
  open(): Workload;
  /** What becomes of every instance that is started from now on; `hang`: when it is told to stop after that. */
  startsNext(how: 'healthy' | 'unhealthy' | 'crash' | 'slow' | 'hang'): Promise<void>;
  /** It ends by itself, and stays down where the platform would start it again. */
  crash(id: string): Promise<void>;
  /** Somebody else restarts the service, behind the adapter's back; all instances are back when this resolves. */
  restartBehind(): Promise<void>;
  scaleBehind(to: number): Promise<void>;
  /** What a session that is killed in the middle of stop and start has done so far. */
  stopAll(change: Change): Promise<void>;
  /** How many rows the table of a restart under way has at least. Default: one for each instance. */
  readonly rows?: number;
  close(): Promise<void>;
}

export const withRig = <Rig extends WorkloadRig>(start: () => Promise<Rig>) =>
  base.extend<{ rig: Rig; workload: Workload }>({
    // oxlint-disable-next-line no-empty-pattern -- what a fixture depends on is read from its first parameter
    rig: async ({}, use) => {
      const rig = await start();
      await use(rig);
      await rig.close();
    },
    workload: ({ rig }, use) => use(rig.open()),
  });

const instancesOf = async (workload: Workload): Promise<readonly Instance[]> =>
  (await workload.status(newCall())).instances.filter(({ state }) => state !== 'stopping');
const firstOf = async (workload: Workload): Promise<string> => (await instancesOf(workload))[0]?.id ?? 'none';
/** Differs for every start of every instance. */
const starts = (instances: readonly Instance[]): readonly string[] =>
  instances.map(({ id, startedAt }) => `${id} ${startedAt}`);

/** Waits until `count` instances serve. */
const serving = async (workload: Workload, count: number): Promise<readonly Instance[]> => {
  for (;;) {
    const instances = await instancesOf(workload);
    if (instances.length === count && instances.every(({ health }) => health === 'ok')) return instances;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

/** Unit after unit, as the procedure does it, up to the first that is not back. */
const restartAll = async (workload: Workload, call: Call): Promise<AnyFinding | undefined> => {
  let finding: AnyFinding | undefined;
  for (const unit of await workload.restartUnits(1, call)) {
    const change = await workload.restart.plan(unit, call);
    finding = await carriedOut(workload.restart, change, call);
    if (finding.verdict !== 'ok') break;
  }
  return finding;
};

const firstUnit = async (workload: Workload) => {
  const [unit] = await workload.restartUnits(1, newCall());
  if (!unit) throw new Error('there is something to restart');
  return unit;
};

const rollbackOf = ({ rollback }: Workload) => {
  if (!rollback) throw new Error('the rig can roll back');
  return rollback;
};

/** What every workload adapter does, whatever the platform. */
export const workloadContract = (name: string, start: () => Promise<WorkloadRig>): void => {
  const test = withRig(start);

  describe.concurrent(`a workload behind ${name}`, () => {
    describe('status', () => {
      test('lists every instance with its version, its start and its own health', async ({ workload }) => {
        const { desired, instances } = await workload.status(newCall());
        expect(desired).toBe(3);
        expect(new Set(instances.map(({ id }) => id)).size).toBe(3);
        for (const one of instances) {
          expect(one).toMatchObject({ state: 'running', health: 'ok', version: '2.0.0' });
          expect(Date.parse(one.startedAt ?? '')).toBeGreaterThan(Date.now() - 600_000);
        }
      });

      test('a brief look says how many serve', async ({ workload }) => {
        const { desired, healthy, instances } = await workload.status(newCall(), 'brief');
        expect([desired, healthy ?? instances.filter(({ health }) => health === 'ok').length]).toEqual([3, 3]);
      });

      test('a crashed instance is critical, the others are not', async ({ rig, workload }) => {
        const id = await firstOf(workload);
        await rig.crash(id);
        const { instances } = await workload.status(newCall());
        expect(instances.find((one) => one.id === id)?.health).toBe('critical');
        expect(instances.filter(({ health }) => health === 'ok')).toHaveLength(2);
      });
    });

    describe('a rolling restart', () => {
      test('a batch of none is a mistake', async ({ workload }) => {
        await expect(workload.restartUnits(0, newCall())).rejects.toMatchObject({ kind: 'usage' });
      });

      test('the plan says what is restarted, what that means, and what one would have typed', async ({ workload }) => {
        const change = await workload.restart.plan(await firstUnit(workload), newCall());
        expect(change.summary).toMatch(/^restart /);
        expect(change.blastRadius).not.toEqual([]);
        expect(change.equivalent).toHaveLength(1);
        expect(change.undo).not.toBe('');
        expect(change.raises).toBeUndefined();
      });

      test('starts every instance anew, shows how far it is, and sees them healthy', async ({ rig, workload }) => {
        const before = starts(await instancesOf(workload));
        const call = newCall();
        expect(await restartAll(workload, call)).toMatchObject({ verdict: 'ok' });
        const after = await serving(workload, 3);
        expect(starts(after).filter((one) => before.includes(one))).toEqual([]);
        expect(call.reported.some(({ table }) => (table?.rows.length ?? 0) >= (rig.rows ?? 3))).toBe(true);
      });

      test('a plan no longer holds when somebody else restarted it meanwhile', async ({ rig, workload }) => {
        const unit = await firstUnit(workload);
        const before = await workload.restart.plan(unit, newCall());
        expect(fingerprint(await workload.restart.plan(unit, newCall()))).toBe(fingerprint(before));
        await rig.restartBehind();
        expect(fingerprint(await workload.restart.plan(unit, newCall()))).not.toBe(fingerprint(before));
      });

      test('what comes back unhealthy has failed, with the reason', async ({ rig, workload }) => {
        await rig.startsNext('unhealthy');
        const finding = await restartAll(workload, newCall());
        expect(finding?.verdict).toBe('critical');
        expect(finding?.summary).toMatch(/unhealthy|not ready/);
      });

      test('what crashes as it starts has failed, long before the time is over', async ({ rig, workload }) => {
        await rig.startsNext('crash');
        const finding = await restartAll(workload, newCall());
        expect(finding?.verdict).toBe('critical');
        expect(finding?.summary).toMatch(/did not come back: stopped|crash|exit code/i);
      });

      test('what takes its time is waited for', async ({ rig, workload }) => {
        await rig.startsNext('slow');
        const unit = await firstUnit(workload);
        const call = newCall();
        const change = await workload.restart.plan(unit, call);
        expect(await carriedOut(workload.restart, change, call)).toMatchObject({ verdict: 'ok' });
      });
    });

    describe('after the session was cut off', () => {
      test('before the restart: not done', async ({ rig, workload }) => {
        const change = await workload.restart.plan(await firstUnit(workload), newCall());
        expect(await rig.open().restart.verify(change, newCall())).toMatchObject({
          verdict: 'critical',
          summary: expect.stringContaining('not restarted') as string,
        });
      });

      test('after the restart: done, and not done again', async ({ rig, workload }) => {
        const call = newCall();
        const change = await workload.restart.plan(await firstUnit(workload), call);
        await workload.restart.apply(change, call);
        expect(await rig.open().restart.verify(change, newCall())).toMatchObject({ verdict: 'ok' });
        const after = starts(await serving(workload, 3));
        expect(await rig.open().restart.verify(change, newCall())).toMatchObject({ verdict: 'ok' });
        expect(starts(await serving(workload, 3))).toEqual(after);
      });

      test('in the middle of stop and start: starts as many as there were', async ({ rig, workload }) => {
        const change = await workload.stopAndStart.plan({}, newCall());
        await rig.stopAll(change);
        const later = rig.open();
        expect(await later.stopAndStart.verify(change, newCall())).toMatchObject({ verdict: 'critical' });
        const call = newCall();
        const rest = await later.stopAndStart.plan({}, call, change);
        expect(rest.summary).toContain('start the 3 instances that the interrupted session stopped');
        expect(await carriedOut(later.stopAndStart, rest, call)).toMatchObject({ verdict: 'ok' });
        await serving(workload, 3);
      });

      test('before scaling: not done', async ({ rig, workload }) => {
        const change = await workload.scale.plan({ to: 4, expected: 3 }, newCall());
        expect(await rig.open().scale.verify(change, newCall())).toMatchObject({ verdict: 'critical' });
      });
    });

    describe('one instance', () => {
      test('an unknown one is a mistake, and the answer lists those there are', async ({ workload }) => {
        const known = await firstOf(workload);
        await expect(workload.restartInstance.plan({ id: 'nobody-7' }, newCall())).rejects.toMatchObject({
          kind: 'usage',
          message: expect.stringContaining(known) as string,
        });
      });

      test('that it is healthy is a reason to be more careful', async ({ rig, workload }) => {
        const id = await firstOf(workload);
        expect((await workload.restartInstance.plan({ id }, newCall())).raises).toEqual([`${id} is healthy`]);
        await rig.crash(id);
        expect((await workload.restartInstance.plan({ id }, newCall())).raises).toBeUndefined();
      });

      test('a crashed one is brought back, and no other is touched', async ({ rig, workload }) => {
        const before = await instancesOf(workload);
        const id = before[0]?.id ?? '';
        await rig.crash(id);
        const call = newCall();
        const change = await workload.restartInstance.plan({ id }, call);
        expect(await carriedOut(workload.restartInstance, change, call)).toMatchObject({ verdict: 'ok' });
        const after = starts(await serving(workload, 3));
        expect(starts(before).filter((one) => after.includes(one))).toHaveLength(2);
      });
    });

    describe('stop and start', () => {
      test('stops all, waits for the drain and starts as many as there were', async ({ workload }) => {
        const before = starts(await instancesOf(workload));
        const call = newCall();
        const change = await workload.stopAndStart.plan({}, call);
        expect(change.summary).toBe('stop all 3 instances, wait for the drain, start 3');
        const receipt = await workload.stopAndStart.apply(change, call);
        expect(call.notes()).toContain('all stopped after');
        expect(await workload.stopAndStart.verify(change, call, receipt)).toMatchObject({ verdict: 'ok' });
        expect(starts(await serving(workload, 3)).filter((one) => before.includes(one))).toEqual([]);
      });

      test('a crashed instance comes back too', async ({ rig, workload }) => {
        await rig.crash(await firstOf(workload));
        const call = newCall();
        const change = await workload.stopAndStart.plan({}, call);
        expect(await carriedOut(workload.stopAndStart, change, call)).toMatchObject({ verdict: 'ok' });
        await serving(workload, 3);
      });

      test('a drain that hangs is not waited for longer than configured, and they are started', async ({
        rig,
        workload,
      }) => {
        await rig.startsNext('hang');
        await rig.restartBehind();
        await rig.startsNext('healthy');
        const call = newCall();
        const change = await workload.stopAndStart.plan({}, call);
        const receipt = await workload.stopAndStart.apply(change, call);
        expect(call.notes()).toMatch(/still running after/);
        expect(await workload.stopAndStart.verify(change, call, receipt)).toMatchObject({ verdict: 'ok' });
      });

      test('told to stop in the middle, it starts them again before it does', async ({ rig, workload }) => {
        await rig.startsNext('hang');
        await rig.restartBehind();
        await rig.startsNext('healthy');
        const abort = new AbortController();
        const call = newCall({ signal: abort.signal });
        const change = await workload.stopAndStart.plan({}, call);
        const applied = expect(workload.stopAndStart.apply(change, call)).rejects.toMatchObject({ kind: 'unknown' });
        const isStopping = async () =>
          (await workload.status(newCall())).instances.some(({ state }) => state === 'stopping');
        while (!(await isStopping())) await new Promise((resolve) => setTimeout(resolve, 20));
        abort.abort(new Error('Ctrl-C'));
        await applied;
        await serving(rig.open(), 3);
      });
    });

    describe('scaling', () => {
      test('up and down again, with the limits beside the numbers', async ({ workload }) => {
        for (const [to, expected] of [
          [4, 3],
          [2, 4],
        ] as const) {
          const call = newCall();
          const change = await workload.scale.plan({ to, expected }, call);
          expect(change.summary).toBe(`scale checkout from ${expected} to ${to} instances`);
          expect(change.blastRadius).toContain(`now ${expected}, minimum 1, maximum 9`);
          expect(await carriedOut(workload.scale, change, call)).toMatchObject({ verdict: 'ok' });
          await serving(workload, to);
        }
      });

      test('a count that is not the expected one is refused, with both', async ({ rig, workload }) => {
        await rig.scaleBehind(2);
        await expect(workload.scale.plan({ to: 4, expected: 3 }, newCall())).rejects.toMatchObject({
          kind: 'refused',
          message: expect.stringMatching(/2 instances now, not 3/) as string,
        });
      });
    });

    describe('rolling back', () => {
      test('every instance is on the version before, and healthy', async ({ workload }) => {
        const rollback = rollbackOf(workload);
        const call = newCall();
        const change = await rollback.plan({}, call);
        expect(change.summary).toMatch(/^roll checkout back from version 2\.0\.0/);
        expect(await carriedOut(rollback, change, call)).toMatchObject({ verdict: 'ok' });
        expect((await serving(workload, 3)).map(({ version }) => version)).toEqual(['1.0.0', '1.0.0', '1.0.0']);
      });

      test('one that never ran is not done', async ({ rig, workload }) => {
        const change = await rollbackOf(workload).plan({}, newCall());
        expect(await rollbackOf(rig.open()).verify(change, newCall())).toMatchObject({
          verdict: 'critical',
          summary: 'not rolled back: still version 2.0.0',
        });
      });
    });
  });
};
