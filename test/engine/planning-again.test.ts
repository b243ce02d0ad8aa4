import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/engine/change.ts';
import { difference } from '../../src/engine/plan/difference.ts';
import { action, change, each, fakeClock, person, run, seen } from './rig.ts';

/** One action that is planned as each of `plans` in turn, with a person who takes `thinksMs` to say yes. */
const confirmAfter = async (thinksMs: number, plans: readonly Change[]) => {
  const clock = fakeClock();
  const yes = person(true);
  let planned = 0;
  const applied: Change[] = [];
  const ran = await run(
    [
      action('app-1', {
        plan: async () => plans[Math.min(planned++, plans.length - 1)] as Change,
        apply: async (_, what) => void applied.push(what),
      }),
      action('app-2', { apply: async () => expect.unreachable() }),
    ].slice(0, plans.length > 1 ? 2 : 1),
    {
      clock,
      prompts: {
        ...yes,
        confirm: (request, requirement) => {
          clock.advance(thinksMs);
          return yes.confirm(request, requirement);
        },
      },
    },
  );
  return { ...ran, outcome: ran.end.outcome, planned: () => planned, applied };
};

/** How often each of two items is planned, under flags, when applying one takes `applyMs`. */
const plannedByFlags = async (applyMs: number): Promise<readonly number[]> => {
  const clock = fakeClock();
  const planned = [0, 0];
  const counting = (index: number) => ({
    plan: async () => {
      planned[index] = (planned[index] ?? 0) + 1;
      return change(`app-${index}`);
    },
    apply: async () => clock.advance(applyMs),
  });
  const { end } = await run([each('restart', ['0', '1'], (id) => counting(Number(id)))], { clock });
  expect(end.outcome.status).toBe('done');
  return planned;
};

describe('planning again right before apply', () => {
  it('is left out where a flag confirms a plan that is less than a second old, and nothing was changed since', async () => {
    expect(await plannedByFlags(1)).toEqual([1, 2]);
  });

  it('bears what the item before has altered and says so, and nothing else', async () => {
    let free = 2;
    const taking = (affects: readonly string[]) => () => ({
      plan: async () => change('pool', { basis: { free }, affects }),
      apply: async () => void (free -= 1),
    });
    const declared = await run([each('take', ['0', '1'], taking(['free']))]);
    expect(declared.end.outcome).toMatchObject({ status: 'done', applied: 2 });
    const silent = await run([each('take', ['0', '1'], taking([]))]);
    expect(silent.end.outcome).toMatchObject({ status: 'refused', applied: 1 });
    expect(silent.end.outcome.summary).toContain('free: 0 -> -1');
  });

  it('is done where the steps before took longer', async () => {
    expect(await plannedByFlags(1000)).toEqual([1, 2]);
  });

  it.each([0, 1000])('is done whenever a person answered, also within %d ms', async (thinksMs) => {
    const { planned, outcome } = await confirmAfter(thinksMs, [change('app-1')]);
    expect(outcome.status).toBe('done');
    expect(planned()).toBe(2);
  });

  it('applies the newer plan of the same state', async () => {
    const newer = change('app-1', { data: { restartedAt: 'now' } });
    const other = change('app-1', { basis: { version: '1.5.0' } });
    const { applied } = await confirmAfter(5000, [change('app-1'), newer, other]);
    expect(applied).toEqual([newer]);
  });

  it.each<[string, Partial<Change>, string]>([
    ['another state', { basis: { version: '1.5.0' } }, 'version: "1.4.0" -> "1.5.0"'],
    ['another target', { target: { provider: 'command', name: 'app-9' } }, 'target.name: "app-1" -> "app-9"'],
    ['a target that is hidden by a part of the state', { basis: { version: '1.4.0', target: 'x' } }, 'the state that'],
    ['an empty list where there was none', { basis: { version: '1.4.0', sessions: [] } }, 'sessions: absent -> []'],
    ['a reason to be more careful', { raises: ['it serves traffic'] }, 'it became destructive: it serves traffic'],
  ])('refuses %s, says what changed, and goes no further', async (_, changed, line) => {
    const { outcome, applied, of } = await confirmAfter(5000, [change('app-1'), change('app-1', changed)]);
    expect(outcome).toMatchObject({ status: 'refused', undone: ['Restart app-1', 'Restart app-2'] });
    expect(outcome.summary).toContain(line);
    expect(applied).toEqual([]);
    expect(of('step.intent')).toEqual([]);
    expect(of('plan.stale')).toMatchObject([{ step: 'app-1', difference: [expect.stringContaining(line)] }]);
    expect(of('step.result').at(-1)).toMatchObject({ step: 'app-1', result: 'refused' });
  });

  it('of a group happens item by item, as time passes', async () => {
    const clock = fakeClock();
    const versions = new Map([
      ['app-1', '1'],
      ['app-2', '1'],
    ]);
    const restarted: string[] = [];
    const { end } = await run(
      [
        each('restart', ['app-1', 'app-2'], (id) => ({
          plan: async () => change(id, { basis: { version: versions.get(id) ?? '' } }),
          apply: async () => {
            clock.advance(30_000);
            restarted.push(id);
            versions.set('app-2', '2');
          },
          verify: async () => seen('ok'),
        })),
      ],
      { clock },
    );
    expect(restarted).toEqual(['app-1']);
    expect(end.outcome).toMatchObject({ status: 'refused', undone: ['Restart app-2'] });
    expect(end.outcome.summary).toContain('version: "1" -> "2"');
  });
});

describe('a difference', () => {
  it.each([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: 1 }, { a: 2 }, ['a: 1 -> 2']],
    [{ a: 1 }, {}, ['a: 1 -> absent']],
    [{ a: ['x'] }, { a: ['x', 'y'] }, ['a.1: absent -> "y"']],
    [{ a: { b: null } }, { a: { b: 'n' } }, ['a.b: null -> "n"']],
    [{ a: [] }, { a: {} }, ['a: [] -> {}']],
    [{ a: [1] }, { a: [] }, ['a.0: 1 -> absent', 'a: absent -> []']],
  ])('of %j and %j is %j', (before, after, lines) => {
    expect(difference(before, after)).toEqual(lines);
  });
});
