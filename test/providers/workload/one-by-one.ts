import { describe, expect } from 'vitest';
import { fingerprint } from '../../../src/engine/change.ts';
import { carriedOut, newCall } from './call.ts';
import { withRig, type WorkloadRig } from './contract.ts';

/** A platform on which `rb` restarts one instance after another itself. The three are app-1 to app-3. */
export interface OneByOneRig extends WorkloadRig {
  /** How many times an instance was started so far. */
  starts(id: string): Promise<number>;
  /** What becomes of this one when it is started next. */
  comesBack(id: string, how: 'unhealthy' | 'crash' | 'slow' | 'hang'): Promise<void>;
  restartBehind(id?: string): Promise<void>;
}

const unit = (...instances: string[]) => ({ id: instances.join('+'), instances });
const allStarts = async (rig: OneByOneRig) => Promise.all(['app-1', 'app-2', 'app-3'].map((id) => rig.starts(id)));

/** What an adapter does besides the contract of every workload where the platform does not roll by itself. */
export const oneByOneContract = (name: string, start: () => Promise<OneByOneRig>): void => {
  const test = withRig(start);

  describe.concurrent(`instance by instance, behind ${name}`, () => {
    test('takes one after another by name, those that are not healthy first', async ({ rig, workload }) => {
      expect((await workload.restartUnits(1, newCall())).map(({ id }) => id)).toEqual(['app-1', 'app-2', 'app-3']);
      await rig.crash('app-3');
      const units = await workload.restartUnits(2, newCall());
      expect(units.map(({ instances }) => instances)).toEqual([['app-3', 'app-1'], ['app-2']]);
    });

    test('the plan says which one, for how long it has been up, and what goes on serving', async ({ workload }) => {
      const change = await workload.restart.plan(unit('app-2'), newCall());
      expect(change.summary).toMatch(/^restart app-2 \(version 2\.0\.0, up \d+ s\)$/);
      expect(change.blastRadius).toEqual(['1 of 3 instances; 2 healthy ones go on serving']);
    });

    test('restarts that instance, and no other, and sees it healthy', async ({ rig, workload }) => {
      const call = newCall();
      const change = await workload.restart.plan(unit('app-2'), call);
      expect(await carriedOut(workload.restart, change, call)).toMatchObject({ verdict: 'ok' });
      expect(await allStarts(rig)).toEqual([1, 2, 1]);
    });

    test('all at once, or with no healthy one left, is a reason to be more careful', async ({ rig, workload }) => {
      const all = await workload.restart.plan(unit('app-1', 'app-2', 'app-3'), newCall());
      expect(all.raises).toEqual(['all 3 instances at once']);
      await rig.crash('app-2');
      const two = await workload.restart.plan(unit('app-1', 'app-3'), newCall());
      expect(two.raises).toEqual(['no healthy instance would be left']);
    });

    test('a plan holds when another instance was restarted meanwhile, not when this one was', async ({
      rig,
      workload,
    }) => {
      const before = await workload.restart.plan(unit('app-1'), newCall());
      await rig.restartBehind('app-2');
      expect(fingerprint(await workload.restart.plan(unit('app-1'), newCall()))).toBe(fingerprint(before));
      await rig.restartBehind('app-1');
      expect(fingerprint(await workload.restart.plan(unit('app-1'), newCall()))).not.toBe(fingerprint(before));
    });

    test('an instance that is gone is refused', async ({ workload }) => {
      await expect(workload.restart.plan(unit('app-9'), newCall())).rejects.toMatchObject({ kind: 'refused' });
    });

    test('one that comes back unhealthy is named, with its answer', async ({ rig, workload }) => {
      await rig.comesBack('app-2', 'unhealthy');
      const call = newCall();
      const change = await workload.restart.plan(unit('app-2'), call);
      expect(await carriedOut(workload.restart, change, call)).toMatchObject({
        verdict: 'critical',
        summary: expect.stringContaining('app-2 came back unhealthy: HTTP 503') as string,
      });
    });

    test('one that crashes as it starts is named', async ({ rig, workload }) => {
      await rig.comesBack('app-2', 'crash');
      const call = newCall();
      const change = await workload.restart.plan(unit('app-2'), call);
      const finding = await carriedOut(workload.restart, change, call);
      expect(finding).toMatchObject({ verdict: 'critical', summary: 'app-2 did not come back: stopped' });
    });

    test('cut off in the middle of a batch: only the rest is restarted', async ({ rig, workload }) => {
      const change = await workload.restart.plan(unit('app-1', 'app-2'), newCall());
      await rig.restartBehind('app-1');
      const later = rig.open();
      expect(await later.restart.verify(change, newCall())).toMatchObject({ verdict: 'critical' });
      const call = newCall();
      const rest = await later.restart.plan(unit('app-1', 'app-2'), call, change);
      expect(rest.summary).toContain('app-1 already restarted by the interrupted session');
      expect(await carriedOut(later.restart, rest, call)).toMatchObject({ verdict: 'ok' });
      expect(await allStarts(rig)).toEqual([2, 2, 1]);
    });

    test('cut off after the command: not restarted again', async ({ rig, workload }) => {
      const call = newCall();
      const change = await workload.restart.plan(unit('app-1'), call);
      await workload.restart.apply(change, call);
      expect(await rig.open().restart.verify(change, newCall())).toMatchObject({ verdict: 'ok' });
      expect(await allStarts(rig)).toEqual([2, 1, 1]);
    });
  });
};
