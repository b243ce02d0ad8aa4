import { describe, expect, it } from 'vitest';
import { planIn } from '../../src/engine/plan/plan-document.ts';
import { mostMembers } from '../../src/engine/plan/plan-file.ts';
import type { PlanFile } from '../../src/engine/plan/plan-file.ts';
import { planHash } from '../../src/engine/plan/plan-hash.ts';
import type { PlannedChange } from '../../src/engine/plan/plan-hash.ts';
import { action, change, check, fakeClock, hashOf, noFlags, person, plans, run, seen } from './rig.ts';
import type { TinyOptions, TinyRun } from './rig.ts';

/** A set that comes and goes, and an action that touches what is in it, as far as that was approved. */
const pool = (...there: string[]) => {
  const touched: string[] = [];
  const known = new Set<string>();
  const step = (careless = false, more: (members: readonly string[]) => object = () => ({})) =>
    action('end', {
      when: () => there.length > 0,
      plan: async ({ approved }) => {
        for (const one of approved ?? []) known.add(one);
        const members = there.filter((one) => careless || (approved?.has(one) ?? true));
        return change('pool', {
          basis: { pool: 'main' },
          equivalent: members.map((one) => `kill ${one}`),
          members,
          data: members,
          ...more(members),
        });
      },
      apply: async (_, { data }) => void touched.push(...(data as string[])),
    });
  return { there, touched, step, become: (...now: string[]) => void there.splice(0, there.length, ...now) };
};

/** As it comes back from the disk. */
const fileOf = (dry: Pick<TinyRun, 'of'>): PlanFile => {
  const [event] = dry.of('plan.hash');
  if (!event) throw new Error('no plan was printed');
  const { hash, expires, plan } = event;
  return planIn(JSON.parse(JSON.stringify({ plan: { hash, expires, ...plan } })), 'plan.json');
};

const planned = async (steps: ReturnType<typeof action>[], options: TinyOptions = {}) =>
  fileOf(await run(steps, { ...options, dryRun: true }));

describe('a plan file', () => {
  it('acts on what is left of its set: what is gone is skipped, what is new is not touched', async () => {
    const all = pool('a', 'b', 'c');
    const plan = await planned([all.step()]);
    all.become('b', 'd', 'c', 'e');
    const { outcome, of } = await run([all.step()], { plan });
    expect(outcome).toMatchObject({ status: 'done', applied: 1 });
    expect(all.touched).toEqual(['b', 'c']);
    expect(of('step.intent')[0]?.change.members).toEqual(['b', 'c']);
  });

  it('is spent where nothing is left of the set, and does nothing', async () => {
    const all = pool('a', 'b');
    const plan = await planned([all.step()]);
    all.become('c');
    expect((await run([all.step()], { plan })).outcome.status).toBe('done');
    all.become();
    expect((await run([all.step()], { plan })).outcome.status).toBe('done');
    expect(all.touched).toEqual([]);
  });

  it('is no confirmation', async () => {
    const all = pool('a');
    const plan = await planned([all.step()]);
    const { outcome } = await run([all.step()], { plan, given: noFlags });
    expect(outcome.status).toBe('usage');
  });

  it('keeps out what came between the question and the answer', async () => {
    const all = pool('a', 'b');
    const prompts = person(true);
    const confirm: typeof prompts.confirm = (...asked) => {
      all.become('a', 'b', 'c');
      return prompts.confirm(...asked);
    };
    const { outcome, of } = await run([all.step(true)], { prompts: { ...prompts, confirm } });
    expect(outcome).toMatchObject({ status: 'refused', applied: 0 });
    expect(outcome.summary).toContain('not in the set that was approved: c');
    expect(of('step.intent')).toEqual([]);
  });

  it('bounds a step that does not look at it', async () => {
    const all = pool('a');
    const plan = await planned([all.step(true)]);
    all.become('a', 'b');
    const { outcome } = await run([all.step(true)], { plan });
    expect(outcome).toMatchObject({ status: 'refused', applied: 0 });
    expect(outcome.summary).toContain('not in the set that was approved: b');
    expect(all.touched).toEqual([]);
  });

  it('takes a tier that fewer members no longer raise, and no higher one', async () => {
    const all = pool('a', 'open');
    const step = () => all.step(false, (members) => ({ raises: members.includes('open') ? ['one is open'] : [] }));
    const plan = await planned([step()]);
    all.become('a');
    expect((await run([step()], { plan })).outcome.status).toBe('done');
    const calm = pool('a', 'b');
    const raised = (by: readonly string[]) => calm.step(false, () => ({ raises: by }));
    const low = await planned([raised([])]);
    const { outcome } = await run([raised(['it is busy'])], { plan: low });
    expect(outcome).toMatchObject({ status: 'refused', applied: 0 });
  });
});

const twoSteps = () => [action('before'), pool('a', 'b').step()];

const withMembers = (step: PlanFile['steps'][number], members: readonly string[]) =>
  'members' in step ? { ...step, members } : step;

/** A file that somebody has written with a hash of its own: it says the truth about itself. */
const forged = (plan: PlanFile, more: Partial<PlanFile>): PlanFile => {
  const { hash: _, expires, ...rest } = { ...plan, ...more };
  return { ...rest, expires, hash: planHash(rest, new Date(expires)) };
};
/** The same, as if a dry run had written it. */
const recorded = async (plan: PlanFile): Promise<PlanFile> => {
  await plans.keep(plan.hash, new Date(plan.expires));
  return plan;
};

const version = (text: string) =>
  action('before', { plan: async () => change('before', { basis: { version: text } }) });

describe('a plan file is refused', () => {
  const changed: Readonly<Record<string, (plan: PlanFile) => PlanFile>> = {
    'with a member more': (plan) => ({ ...plan, steps: plan.steps.map((one) => withMembers(one, ['a', 'b', 'c'])) }),
    'with a member less': (plan) => ({ ...plan, steps: plan.steps.map((one) => withMembers(one, ['a'])) }),
    'with a later expiry': (plan) => ({ ...plan, expires: '2099-01-01T00:00:00.000Z' }),
    'with a later expiry in its hash too': (plan) => {
      const later = Date.parse(plan.expires) + 300_000;
      return {
        ...plan,
        expires: new Date(later).toISOString(),
        hash: plan.hash.replace(/^[^-]+/, Math.floor(later / 1000).toString(36)),
      };
    },
    'with another hash': (plan) => ({ ...plan, hash: plan.hash.replace(/.$/, (last) => (last === '0' ? '1' : '0')) }),
    'with another tier': (plan) => ({ ...plan, steps: plan.steps.map((one) => ({ ...one, tier: 'read' as const })) }),
    'without a step': (plan) => ({ ...plan, steps: plan.steps.slice(1) }),
    'with another input': (plan) => ({ ...plan, input: { all: true } }),
    'with another environment': (plan) => ({ ...plan, subject: { ...plan.subject, environment: 'production' } }),
    'with another configuration': (plan) => ({ ...plan, configuration: { region: 'elsewhere' } }),
    'with another outline': (plan) => ({ ...plan, outline: [] }),
  };

  it.each(Object.entries(changed))('%s', async (_, tampered) => {
    const plan = await planned(twoSteps());
    const { outcome, of } = await run(twoSteps(), { plan: tampered(plan), prompts: person() });
    expect(outcome).toMatchObject({ status: 'refused', applied: 0 });
    expect(outcome.summary).toMatch(/^The plan file was changed after the dry run.*Nothing was done\.$/s);
    expect(of('step.started')).toEqual([]);
  });

  it('after half an hour', async () => {
    const plan = await planned(twoSteps());
    const clock = fakeClock();
    clock.advance(31 * 60_000);
    const { outcome } = await run(twoSteps(), { plan, clock });
    expect(outcome).toMatchObject({ status: 'refused', applied: 0 });
    expect(outcome.summary).toContain('The plan expired');
  });

  it.each([-60_000, 300_000, 3_600_000])('whose expiry was put off by hand, hash and all, by %d ms', async (ms) => {
    const plan = await planned(twoSteps());
    const expires = new Date(Date.parse(plan.expires) + ms).toISOString();
    const { outcome } = await run(twoSteps(), { plan: forged(plan, { expires }) });
    expect(outcome).toMatchObject({ status: 'refused', applied: 0 });
    expect(outcome.summary).toContain('No dry run of this user on this host has recorded the plan');
  });

  it.each<[string, Partial<PlanFile>, string]>([
    ['input', { input: { all: true } }, 'input'],
    ['environment', { subject: { service: 'shop', environment: 'elsewhere' } }, 'subject.environment'],
    ['configuration', { configuration: { region: 'elsewhere' } }, 'configuration.region'],
    ['procedure', { procedure: 'other' }, 'procedure'],
  ])('for another %s, with the difference', async (_, more, path) => {
    const plan = await recorded(forged(await planned(twoSteps()), more));
    const { outcome } = await run(twoSteps(), { plan });
    expect(outcome).toMatchObject({ status: 'refused', applied: 0 });
    expect(outcome.summary).toContain('The plan file is for something else. What differs:');
    expect(outcome.summary).toContain(`  ${path}: `);
  });

  it('where a step without members is not the planned one any more, or not there', async () => {
    const plan = await planned([version('1'), pool('a').step()]);
    const other = await run([version('2'), pool('a').step()], { plan });
    expect(other.outcome).toMatchObject({ status: 'refused', applied: 0 });
    expect(other.outcome.summary).toContain('version: "1" -> "2"');
    const skipped = await run([action('before', { when: () => false }), pool('a').step()], { plan });
    expect(skipped.outcome).toMatchObject({ status: 'refused', applied: 0 });
  });

  it('where the basis or the target of a set is another one', async () => {
    const all = pool('a');
    const plan = await planned([all.step()]);
    for (const more of [{ basis: { pool: 'other' } }, { target: { provider: 'command', name: 'other' } }]) {
      // oxlint-disable-next-line no-await-in-loop
      const { outcome } = await run([all.step(false, () => more)], { plan });
      expect(outcome).toMatchObject({ status: 'refused', applied: 0 });
    }
    expect(all.touched).toEqual([]);
  });

  it('with a set that is too large, and the reason', async () => {
    const names = Array.from({ length: mostMembers + 1 }, (_, n) => `session-${String(n)}`);
    const largest = pool(...names.slice(1));
    expect((await run([largest.step()], { plan: await planned([largest.step()]) })).outcome.status).toBe('done');
    expect(largest.touched).toHaveLength(mostMembers);
    const larger = pool(...names);
    const { outcome } = await run([larger.step()], { plan: await planned([larger.step()]) });
    expect(outcome).toMatchObject({ status: 'refused', applied: 0 });
    expect(outcome.summary).toContain('The plan names 10001 members of a set; a plan file carries 10000.');
  });
});

describe('the hash of a plan with a set', () => {
  it('covers the members: it works while the set is unchanged', async () => {
    const all = pool('a', 'b');
    const hash = hashOf(await run([all.step()], { dryRun: true }));
    const same = await run([all.step()], { plan: hash });
    expect([same.outcome.status, all.touched]).toEqual(['done', ['a', 'b']]);
    all.become('a');
    const { outcome } = await run([all.step()], { plan: hash });
    expect(outcome).toMatchObject({
      status: 'refused',
      next: [expect.stringContaining('--dry-run'), expect.stringContaining('--plan plan.json')],
    });
    expect(outcome.summary).toContain('  end (disruptive): a set of 1');
  });

  it('keeps out what comes after the hash was checked', async () => {
    const all = pool('a');
    let looks = 0;
    const slow = () =>
      check('a-while', () => {
        if (++looks === 3) all.become('a', 'b');
        return seen('ok');
      });
    const hash = hashOf(await run([slow(), all.step()], { dryRun: true }));
    const { outcome } = await run([slow(), all.step()], { plan: hash });
    expect([outcome.status, all.touched]).toEqual(['done', ['a']]);
  });
});

describe('a document that holds no plan', () => {
  it.each([null, [], {}, { plan: 1 }, { plan: { hash: 'x' } }, { plan: { hash: 'x', expires: 'y', steps: [{}] } }])(
    '%j is a usage error',
    (document) => {
      expect(() => planIn(document, 'plan.json')).toThrow(/^plan\.json does not hold a plan: (?:plan|the whole)/);
    },
  );
});

const login = () => [action('login', { plan: async () => change('login', { equivalent: ['login hunter2'] }) })];

const redact = <Value>(value: Value): Value =>
  JSON.parse(JSON.stringify(value).replaceAll('hunter2', '‹secret›')) as Value;

it('a plan is hashed and compared without its secrets, as it is printed', async () => {
  const plan = await planned(login(), { redact });
  expect((plan.steps[0] as PlannedChange).equivalent).toEqual(['login ‹secret›']);
  expect((await run(login(), { redact, plan })).outcome.status).toBe('done');
  expect((await run(login(), { redact, plan: plan.hash })).outcome.status).toBe('done');
});
