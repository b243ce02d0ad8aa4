import { describe, expect, test as base } from 'vitest';
import { fingerprint } from '../../../src/engine/change.ts';
import type { Workload } from '../../../src/providers/workload/port.ts';
import { newCall } from './call.ts';

/** A real platform with a service of three instances, app-1 to app-3, version 2.0.0, of which 1.0.0 was the version before. */
export interface WorkloadRig {
  /** A new adapter, as a new process would open it. */
  open(): Workload;
  /** How many times an instance was started so far. */
  starts(id: string): Promise<number>;
  /** What becomes of it when it is started next; `hang`: when it is told to stop after that. */
  comesBack(id: string, how: 'unhealthy' | 'crash' | 'slow' | 'hang'): Promise<void>;
  crash(id: string): Promise<void>;
  /** Somebody else does something, behind the adapter's back. */
  restartBehind(id: string): Promise<void>;
  scaleBehind(to: number): Promise<void>;
  stopAll(): Promise<void>;
  close(): Promise<void>;
}

const unit = (...instances: string[]) => ({ id: instances.join('+'), instances });
const allStarts = async (rig: WorkloadRig) => Promise.all(['app-1', 'app-2', 'app-3'].map((id) => rig.starts(id)));

/** What every workload adapter does, whatever the platform. */
export const workloadContract = (name: string, start: () => Promise<WorkloadRig>): void => {
  const test = base.extend<{ rig: WorkloadRig; workload: Workload }>({
    // oxlint-disable-next-line no-empty-pattern -- what a fixture depends on is read from its first parameter
    rig: async ({}, use) => {
      const rig = await start();
      await use(rig);
      await rig.close();
    },
    workload: ({ rig }, use) => use(rig.open()),
  });

  describe.concurrent(`a workload behind ${name}`, () => {
    describe('status', () => {
      test('lists every instance with its version, its start and its own health', async ({ workload }) => {
        const { desired, instances } = await workload.status(newCall());
        expect(desired).toBe(3);
        expect(instances.map(({ id, state, health, version }) => [id, state, health, version])).toEqual([
          ['app-1', 'running', 'ok', '2.0.0'],
          ['app-2', 'running', 'ok', '2.0.0'],
          ['app-3', 'running', 'ok', '2.0.0'],
        ]);
        for (const { startedAt } of instances) expect(Date.parse(startedAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
      });

      test('a crashed instance is critical, the others are not', async ({ rig, workload }) => {
        await rig.crash('app-2');
        const { instances } = await workload.status(newCall());
        expect(instances.map(({ health }) => health)).toEqual(['ok', 'critical', 'ok']);
      });
    });

    describe('a rolling restart', () => {
      test('takes one after another by name, those that are not healthy first', async ({ rig, workload }) => {
        expect((await workload.restartUnits(1, newCall())).map(({ id }) => id)).toEqual(['app-1', 'app-2', 'app-3']);
        await rig.crash('app-3');
        const units = await workload.restartUnits(2, newCall());
        expect(units.map(({ instances }) => instances)).toEqual([['app-3', 'app-1'], ['app-2']]);
      });

      test('a batch of none is a mistake', async ({ workload }) => {
        await expect(workload.restartUnits(0, newCall())).rejects.toMatchObject({ kind: 'usage' });
      });

      test('the plan says what is restarted, what goes on serving, and what one would have typed', async ({
        workload,
      }) => {
        const change = await workload.restart.plan(unit('app-2'), newCall());
        expect(change.summary).toMatch(/^restart app-2 \(version 2\.0\.0, up \d+ s\)$/);
        expect(change.blastRadius).toEqual(['1 of 3 instances; 2 healthy ones go on serving']);
        expect(change.equivalent).toHaveLength(1);
        expect(change.raises).toBeUndefined();
      });

      test('restarts that instance, and no other, and sees it healthy', async ({ rig, workload }) => {
        const call = newCall();
        const change = await workload.restart.plan(unit('app-2'), call);
        await workload.restart.apply(change, call);
        expect(await workload.restart.verify(change, call)).toMatchObject({ verdict: 'ok' });
        expect(await allStarts(rig)).toEqual([1, 2, 1]);
        expect(call.reported.some(({ table }) => table?.rows.length === 3)).toBe(true);
      });

      test('all at once, or with no healthy one left, is a reason to be more careful', async ({ rig, workload }) => {
        const all = await workload.restart.plan(unit('app-1', 'app-2', 'app-3'), newCall());
        expect(all.raises).toEqual(['all 3 instances at once']);
        await rig.crash('app-2');
        const two = await workload.restart.plan(unit('app-1', 'app-3'), newCall());
        expect(two.raises).toEqual(['no healthy instance would be left']);
      });

      test('a plan no longer holds when the instance was restarted meanwhile', async ({ rig, workload }) => {
        const before = await workload.restart.plan(unit('app-1'), newCall());
        expect(fingerprint(await workload.restart.plan(unit('app-1'), newCall()))).toBe(fingerprint(before));
        await rig.restartBehind('app-1');
        expect(fingerprint(await workload.restart.plan(unit('app-1'), newCall()))).not.toBe(fingerprint(before));
      });

      test('an instance that is gone is refused', async ({ workload }) => {
        await expect(workload.restart.plan(unit('app-9'), newCall())).rejects.toMatchObject({ kind: 'refused' });
      });

      test('one that comes back unhealthy has failed, with the reason', async ({ rig, workload }) => {
        await rig.comesBack('app-2', 'unhealthy');
        const call = newCall();
        const change = await workload.restart.plan(unit('app-2'), call);
        await workload.restart.apply(change, call);
        expect(await workload.restart.verify(change, call)).toMatchObject({
          verdict: 'critical',
          summary: expect.stringContaining('app-2 came back unhealthy: HTTP 503') as string,
        });
      });

      test('one that crashes as it starts has failed, long before the time is over', async ({ rig, workload }) => {
        await rig.comesBack('app-2', 'crash');
        const call = newCall();
        const change = await workload.restart.plan(unit('app-2'), call);
        await workload.restart.apply(change, call);
        const finding = await workload.restart.verify(change, call);
        expect(finding).toMatchObject({ verdict: 'critical', summary: 'app-2 did not come back: stopped' });
      });

      test('one that takes its time is waited for', async ({ rig, workload }) => {
        await rig.comesBack('app-2', 'slow');
        const call = newCall();
        const change = await workload.restart.plan(unit('app-2'), call);
        await workload.restart.apply(change, call);
        expect(await workload.restart.verify(change, call)).toMatchObject({ verdict: 'ok' });
      });
    });

    describe('after the session was cut off', () => {
      test('before the command: not done', async ({ rig, workload }) => {
        const change = await workload.restart.plan(unit('app-1'), newCall());
        const finding = await rig.open().restart.verify(change, newCall());
        expect(finding).toMatchObject({
          verdict: 'critical',
          summary: expect.stringContaining('was not restarted') as string,
        });
      });

      test('after the command: done, and not restarted again', async ({ rig, workload }) => {
        const call = newCall();
        const change = await workload.restart.plan(unit('app-1'), call);
        await workload.restart.apply(change, call);
        expect(await rig.open().restart.verify(change, newCall())).toMatchObject({ verdict: 'ok' });
        expect(await allStarts(rig)).toEqual([2, 1, 1]);
      });

      test('in the middle of a batch: only the rest is restarted', async ({ rig, workload }) => {
        const change = await workload.restart.plan(unit('app-1', 'app-2'), newCall());
        await rig.restartBehind('app-1');
        const later = rig.open();
        expect(await later.restart.verify(change, newCall())).toMatchObject({ verdict: 'critical' });
        const call = newCall();
        const rest = await later.restart.plan(unit('app-1', 'app-2'), call, change);
        expect(rest.summary).toContain('app-1 already restarted by the interrupted session');
        await later.restart.apply(rest, call);
        expect(await later.restart.verify(rest, call)).toMatchObject({ verdict: 'ok' });
        expect(await allStarts(rig)).toEqual([2, 2, 1]);
      });

      test('in the middle of stop and start: starts as many as there were', async ({ rig, workload }) => {
        const change = await workload.stopAndStart.plan({}, newCall());
        await rig.stopAll();
        const later = rig.open();
        expect(await later.stopAndStart.verify(change, newCall())).toMatchObject({ verdict: 'critical' });
        const call = newCall();
        const rest = await later.stopAndStart.plan({}, call, change);
        expect(rest.summary).toContain('start the 3 instances that the interrupted session stopped');
        await later.stopAndStart.apply(rest, call);
        expect(await later.stopAndStart.verify(rest, call)).toMatchObject({ verdict: 'ok' });
        expect(await allStarts(rig)).toEqual([2, 2, 2]);
      });

      test('before scaling: not done', async ({ rig, workload }) => {
        const change = await workload.scale.plan({ to: 4, expected: 3 }, newCall());
        expect(await rig.open().scale.verify(change, newCall())).toMatchObject({ verdict: 'critical' });
      });
    });

    describe('one instance', () => {
      test('an unknown one is a mistake, and the answer lists those there are', async ({ workload }) => {
        await expect(workload.restartInstance.plan({ id: 'app-7' }, newCall())).rejects.toMatchObject({
          kind: 'usage',
          message: expect.stringContaining('app-1, app-2 and app-3') as string,
        });
      });

      test('that it is healthy is a reason to be more careful', async ({ rig, workload }) => {
        expect((await workload.restartInstance.plan({ id: 'app-1' }, newCall())).raises).toEqual(['app-1 is healthy']);
        await rig.crash('app-1');
        expect((await workload.restartInstance.plan({ id: 'app-1' }, newCall())).raises).toBeUndefined();
      });

      test('a crashed one is brought back', async ({ rig, workload }) => {
        await rig.crash('app-1');
        const call = newCall();
        const change = await workload.restartInstance.plan({ id: 'app-1' }, call);
        await workload.restartInstance.apply(change, call);
        expect(await workload.restartInstance.verify(change, call)).toMatchObject({ verdict: 'ok' });
        expect(await allStarts(rig)).toEqual([2, 1, 1]);
      });
    });

    describe('stop and start', () => {
      test('stops all, waits for the drain and starts as many as there were', async ({ rig, workload }) => {
        const call = newCall();
        const change = await workload.stopAndStart.plan({}, call);
        expect(change.summary).toBe('stop all 3 instances, wait for the drain, start 3');
        await workload.stopAndStart.apply(change, call);
        expect(call.notes()).toContain('all stopped after');
        expect(await workload.stopAndStart.verify(change, call)).toMatchObject({ verdict: 'ok' });
        expect(await allStarts(rig)).toEqual([2, 2, 2]);
      });

      test('a crashed instance comes back too', async ({ rig, workload }) => {
        await rig.crash('app-3');
        const call = newCall();
        const change = await workload.stopAndStart.plan({}, call);
        await workload.stopAndStart.apply(change, call);
        expect(await workload.stopAndStart.verify(change, call)).toMatchObject({ verdict: 'ok' });
        expect(await allStarts(rig)).toEqual([2, 2, 2]);
      });

      test('a drain that hangs is not waited for longer than configured, and they are started', async ({
        rig,
        workload,
      }) => {
        await rig.comesBack('app-2', 'hang');
        await rig.restartBehind('app-2');
        const call = newCall();
        const change = await workload.stopAndStart.plan({}, call);
        await workload.stopAndStart.apply(change, call);
        expect(call.notes()).toContain('app-2 still running after');
        expect(await workload.stopAndStart.verify(change, call)).toMatchObject({ verdict: 'ok' });
      });

      test('told to stop in the middle, it starts them again before it does', async ({ rig, workload }) => {
        await rig.comesBack('app-2', 'hang');
        await rig.restartBehind('app-2');
        const abort = new AbortController();
        const call = newCall({ signal: abort.signal });
        const change = await workload.stopAndStart.plan({}, call);
        const applied = workload.stopAndStart.apply(change, call);
        setTimeout(() => abort.abort(new Error('Ctrl-C')), 700);
        await expect(applied).rejects.toMatchObject({ kind: 'unknown' });
        const { instances } = await rig.open().status(newCall());
        expect(instances.map(({ health }) => health)).toEqual(['ok', 'ok', 'ok']);
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
          await workload.scale.apply(change, call);
          expect(await workload.scale.verify(change, call)).toMatchObject({ verdict: 'ok' });
          expect((await workload.status(newCall())).instances).toHaveLength(to);
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
      test('every instance is on another version than before, and healthy', async ({ workload }) => {
        const call = newCall();
        const change = await workload.rollback?.plan({}, call);
        if (!change) throw new Error('the rig can roll back');
        expect(change.summary).toBe('roll checkout back from version 2.0.0');
        await workload.rollback?.apply(change, call);
        expect(await workload.rollback?.verify(change, call)).toMatchObject({ verdict: 'ok' });
        const { instances } = await workload.status(newCall());
        expect(instances.map(({ version }) => version)).toEqual(['1.0.0', '1.0.0', '1.0.0']);
      });

      test('one that never ran is not done', async ({ rig, workload }) => {
        const change = await workload.rollback?.plan({}, newCall());
        if (!change) throw new Error('the rig can roll back');
        expect(await rig.open().rollback?.verify(change, newCall())).toMatchObject({
          verdict: 'critical',
          summary: 'not rolled back: still version 2.0.0',
        });
      });
    });
  });
};
