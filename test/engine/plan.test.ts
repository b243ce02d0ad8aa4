import { describe, expect, it } from 'vitest';
import { RunbookError } from '../../src/engine/errors.ts';
import { planExpiresAfterMs, planHash, requireCurrent, requirePlan } from '../../src/engine/plan/plan-hash.ts';
import type { Plan, PlannedChange, PlanRecord } from '../../src/engine/plan/plan-hash.ts';
import type { Change } from '../../src/engine/change.ts';
import { planRecord } from './plan-record.ts';
import { action, answering, change, check, each, fakeClock, hashOf, person, run, say, seen } from './rig.ts';

const plan: Plan = {
  procedure: 'restart.rolling',
  outline: [{ id: 'restart', kind: 'each', data: '{ id: string }' }],
  input: { batch: 1 },
  subject: { service: 'shop', environment: 'staging' },
  configuration: { region: 'eu-west-1' },
  steps: [
    {
      step: 'restart/app-1',
      tier: 'disruptive',
      target: { provider: 'command', name: 'app-1' },
      basis: { version: '1.4.0' },
      equivalent: ['systemctl restart app-1'],
    },
  ],
};
const step = plan.steps[0] as PlannedChange;
const expires = new Date('2025-01-01T10:30:00Z');
const now = new Date('2025-01-01T10:00:00Z');
const hash = planHash(plan, expires);

const kept = planRecord();
await kept.keep(hash, expires);

const accept = async (text: string, of: Plan, at: Date, plans: PlanRecord) => {
  await requireCurrent(text, plans, at);
  requirePlan(text, of);
};

const refusal = async (text: string, of: Plan = plan, at = now, plans = kept): Promise<RunbookError> => {
  try {
    await accept(text, of, at, plans);
  } catch (error) {
    if (error instanceof RunbookError) return error;
    throw error;
  }
  throw new Error('the plan was accepted');
};

describe('the hash of a plan', () => {
  it('is the same for the same plan and expiry, whatever the order of the keys', () => {
    const { procedure, outline, input, subject, configuration } = plan;
    const reordered = { steps: [{ ...step }], configuration, subject, input, outline, procedure };
    expect(planHash(reordered, expires)).toBe(hash);
    expect(() => requirePlan(hash, reordered)).not.toThrow();
  });

  it.each<[string, Plan]>([
    ['procedure', { ...plan, procedure: 'restart.emergency' }],
    ['outline', { ...plan, outline: [] }],
    ['input', { ...plan, input: { batch: 2 } }],
    ['tier', { ...plan, steps: [{ ...step, tier: 'destructive' }] }],
    ['service', { ...plan, subject: { ...plan.subject, service: 'checkout' } }],
    ['environment', { ...plan, subject: { ...plan.subject, environment: 'production' } }],
    ['configuration', { ...plan, configuration: { region: 'eu-west-2' } }],
    ['target', { ...plan, steps: [{ ...step, target: { ...step.target, name: 'app-2' } }] }],
    ['basis', { ...plan, steps: [{ ...step, basis: { version: '1.5.0' } }] }],
    ['equivalent command', { ...plan, steps: [{ ...step, equivalent: ['systemctl stop app-1'] }] }],
    ['name of a step', { ...plan, steps: [{ ...step, step: 'restart/app-2' }] }],
    ['number of steps', { ...plan, steps: [step, { ...step, step: 'restart/app-2' }] }],
  ])('is refused with the present plan when another %s makes it another plan', async (_, other) => {
    const error = await refusal(hash, other);
    expect(error.kind).toBe('refused');
    for (const one of other.steps as PlannedChange[])
      expect(error.message).toContain(`${one.step} (${one.tier}): ${one.equivalent.join('; ')}`);
  });

  it.each<[string, Plan['steps'][number]]>([
    ['call', { step: 'one', calls: 'restart.instance', input: { id: 'web-2' } }],
    ['part that could not be planned', { step: 'next', open: 'next/' }],
  ])('covers a %s', (_, entry) => {
    expect(planHash({ ...plan, steps: [...plan.steps, entry] }, expires)).not.toBe(hash);
  });

  it('names a call and its input among what it would now be', async () => {
    const calls = { step: 'one', calls: 'restart.instance', input: { id: 'web-2' } };
    expect((await refusal(hash, { ...plan, steps: [calls] })).message).toContain(
      'one: restart.instance {"id":"web-2"}',
    );
  });

  it.each([-60, 60, 3600, 1e9])('cannot be given another expiry by hand: %d s later', async (seconds) => {
    const by = new Date(expires.getTime() + seconds * 1000);
    const moved = hash.replace(/^[^-]*/, Math.floor(by.getTime() / 1000).toString(36));
    // The hash of the very same plan, as anybody can compute it.
    const computed = planHash(plan, by);
    for (const forged of [moved, computed])
      expect(await refusal(forged)).toMatchObject({
        kind: 'refused',
        message: `No dry run of this user on this host has recorded the plan ${forged}.`,
      });
  });

  it('expires when the record says so, whatever it says itself', async () => {
    const later = planRecord();
    await later.keep(hash, new Date(expires.getTime() + 3_600_000));
    const soon = planRecord();
    await soon.keep(hash, new Date(now.getTime() - 1000));
    expect((await refusal(hash, plan, now, soon)).message).toContain('expired at 2025-01-01T09:59:59.000Z');
    expect((await refusal(hash, plan, now, later)).message).toContain('No dry run');
  });

  it('expires', async () => {
    const error = await refusal(hash, plan, new Date(expires.getTime() + 1));
    expect(error).toMatchObject({ kind: 'refused' });
    expect(error.message).toContain('expired at 2025-01-01T10:30:00.000Z');
    await accept(hash, plan, expires, kept);
  });

  it.each(['', 'yes', '12345', 'sq7x0g-XYZ', hash.slice(0, -1), `${hash}0`, ` ${hash}`])(
    'is a usage error when it is not one: "%s"',
    async (text) => {
      expect(await refusal(text)).toMatchObject({ kind: 'usage', next: [expect.stringContaining('--dry-run')] });
    },
  );
});

const stepsAt = (version: () => string) => {
  let applied = 0;
  const steps = [
    action('app-1', {
      plan: async () => change('app-1', { basis: { version: version() } }),
      apply: async () => void applied++,
    }),
  ];
  return { steps, applied: () => applied };
};

const printed = async (version = '1.4.0') => {
  return hashOf(await run(stepsAt(() => version).steps, { dryRun: true }));
};

const eitherWay = () => [
  say.decision('how', 'How', {
    question: 'Which?',
    options: {
      one: { title: 'one', steps: [action('app-1')] },
      two: { title: 'two', steps: [action('app-2')] },
    },
    advise: () => undefined,
  }),
];

describe('--plan', () => {
  it('runs the plan that the dry run printed', async () => {
    const { steps, applied } = stepsAt(() => '1.4.0');
    const { outcome } = await run(steps, { plan: await printed() });
    expect(outcome.status).toBe('done');
    expect(applied()).toBe(1);
  });

  it('refuses another plan, names every step as undone, and asks nothing', async () => {
    const { steps, applied } = stepsAt(() => '1.5.0');
    const { outcome, of } = await run(steps, { plan: await printed(), prompts: person() });
    expect(outcome).toMatchObject({ status: 'refused', undone: ['Restart app-1'], applied: 0 });
    expect(outcome.summary).toMatch(/^The plan has changed since its hash was printed.*Nothing was done\.$/s);
    expect(applied()).toBe(0);
    expect(of('step.started')).toEqual([]);
  });

  it('refuses what changed after the hash was checked and before the step was planned', async () => {
    let version = '1.4.0';
    const { steps, applied } = stepsAt(() => version);
    let looks = 0;
    const slow = () =>
      check('a-while', () => {
        // Once for the hash, once for real.
        if (++looks === 2) version = '1.5.0';
        return seen('ok');
      });
    const dry = await run([slow(), ...stepsAt(() => '1.4.0').steps], { dryRun: true });
    looks = 0;
    const { outcome } = await run([slow(), ...steps], { plan: hashOf(dry) });
    expect(outcome).toMatchObject({ status: 'refused', undone: ['Restart app-1'] });
    expect(outcome.summary).toBe(
      [
        '"Restart app-1" is no longer what --plan was made for. What changed:',
        '  version: "1.4.0" -> "1.5.0"',
        'Nothing was done.',
      ].join('\n'),
    );
    expect(applied()).toBe(0);
  });

  it('covers the answer to a question: another answer is another plan', async () => {
    const plan = hashOf(await run(eitherWay(), { dryRun: true, given: answering({ how: 'one' }) }));
    const same = await run(eitherWay(), { plan, given: answering({ how: 'one' }) });
    expect(same.of('step.intent')).toMatchObject([{ step: 'how/one/app-1' }]);
    const other = await run(eitherWay(), { plan, given: answering({ how: 'two' }) });
    expect(other.outcome.status).toBe('refused');
    expect(other.of('step.started')).toEqual([]);
  });

  it('does nothing that was not in the dry run', async () => {
    let open = false;
    let looks = 0;
    const steps = () => [
      check('a-while', () => {
        if (++looks === 3) open = true;
        return seen('ok');
      }),
      action('later', { when: () => open }),
      action('app-1'),
    ];
    const plan = hashOf(await run(steps(), { dryRun: true }));
    const { outcome, of } = await run(steps(), { plan });
    expect(outcome.status).toBe('refused');
    expect(outcome.summary).toBe('"Restart later" is not in the plan that --plan names. Nothing was done.');
    expect(of('step.intent')).toEqual([]);
  });

  it('is good for half an hour', async () => {
    const clock = fakeClock();
    const hash = await printed();
    clock.advance(planExpiresAfterMs + 1000);
    const { outcome } = await run(stepsAt(() => '1.4.0').steps, { plan: hash, clock });
    expect(outcome.status).toBe('refused');
    expect(outcome.summary).toContain('The plan expired');
  });

  it('cannot be kept: the plan is shown, the reason with it, and --plan refuses it', async () => {
    const plans: PlanRecord = {
      ...planRecord(),
      keep: async () => {
        throw new Error('no space left on device');
      },
    };
    const dry = await run(stepsAt(() => '1.4.0').steps, { dryRun: true, plans });
    expect(dry.outcome.status).toBe('done');
    expect(dry.of('plan.hash')).toMatchObject([{ unusable: 'no space left on device' }]);
    const { outcome } = await run(stepsAt(() => '1.4.0').steps, { plan: hashOf(dry), plans });
    expect(outcome).toMatchObject({ status: 'refused', applied: 0 });
  });

  it('belongs to what session.opened records of the configuration', async () => {
    const dry = await run(stepsAt(() => '1.4.0').steps, { dryRun: true, configuration: { region: 'eu-west-1' } });
    const { outcome } = await run(stepsAt(() => '1.4.0').steps, {
      plan: hashOf(dry),
      configuration: { region: 'eu-west-2' },
    });
    expect(outcome.status).toBe('refused');
  });
});

/** Two changes, the second of which is planned as `then` for the dry run and as `now` once the first was applied. */
const secondAfterFirst = async (then: Partial<Change>, now: Partial<Change>, first: Partial<Change> = {}) => {
  let applied = false;
  const steps = () => [
    action('first', {
      plan: async () => change('first', { target: { provider: 'command', name: 'shop' }, ...first }),
      apply: async () => void (applied = true),
    }),
    action('second', {
      plan: async () => change('second', { target: { provider: 'command', name: 'shop' }, ...(applied ? now : then) }),
    }),
  ];
  const plan = hashOf(await run(steps(), { dryRun: true }));
  return run(steps(), { plan });
};

describe('--plan, of what comes after a change of this session', () => {
  it.each<[string, Partial<Change>, Partial<Change>, string]>([
    ['target', {}, { target: { provider: 'command', name: 'bar' } }, 'target.name: "shop" -> "bar"'],
    ['command', {}, { equivalent: ['rm -rf /'] }, 'command.0: "systemctl restart second" -> "rm -rf /"'],
    ['tier', {}, { raises: ['it serves traffic'] }, 'tier: "disruptive" -> "destructive"'],
    ['basis', {}, { basis: { version: '1.5.0' } }, 'version: "1.4.0" -> "1.5.0"'],
    ['basis, in a fact that is new', {}, { basis: { version: '1.4.0', count: 3 } }, 'count: absent -> 3'],
  ])('refuses another %s, and says what was done', async (_, then, now, line) => {
    const { outcome, of } = await secondAfterFirst(then, now);
    expect(outcome).toMatchObject({
      status: 'refused',
      applied: 1,
      undone: ['Restart second'],
      next: ['run the command with --dry-run again and look at the new plan', 'rb resume s1'],
    });
    expect(outcome.summary).toBe(
      [
        '"Restart second" is no longer what --plan was made for. What changed:',
        `  ${line}`,
        'This step was not done. Done before it: 1.',
      ].join('\n'),
    );
    expect(of('step.intent').map(({ step }) => step)).toEqual(['first']);
  });

  it('allows a difference in a fact that an applied change about the same target affects', async () => {
    const { outcome } = await secondAfterFirst(
      { basis: { version: '1.4.0', image: 'a' } },
      { basis: { version: '1.5.0', image: 'a' } },
      { affects: ['version'] },
    );
    expect(outcome).toMatchObject({ status: 'done', applied: 2 });
  });

  it('and in the parts of that fact', async () => {
    const { outcome } = await secondAfterFirst(
      { basis: { instances: [{ startedAt: 1 }, { startedAt: 2 }] } },
      { basis: { instances: [{ startedAt: 9 }] } },
      { affects: ['instances'] },
    );
    expect(outcome.status).toBe('done');
  });

  it.each<[string, Partial<Change>, Partial<Change>]>([
    ['another fact', { basis: { version: '1.4.0', image: 'b' } }, { affects: ['version'] }],
    [
      'a fact whose name begins the same',
      { basis: { version: '1.4.0', image: 'a', versions: 2 } },
      { affects: ['version'] },
    ],
    [
      'a fact of another target',
      { basis: { version: '1.5.0', image: 'a' } },
      { affects: ['version'], target: { provider: 'command', name: 'else' } },
    ],
    [
      'the target, the command or the tier by naming them',
      { equivalent: ['x'] },
      { affects: ['command', 'tier', 'target'] },
    ],
  ])('does not allow a difference in %s', async (_, now, first) => {
    const { outcome } = await secondAfterFirst(
      { basis: { version: '1.4.0', image: 'a' } },
      {
        basis: { version: '1.4.0', image: 'a' },
        ...now,
      },
      first,
    );
    expect(outcome).toMatchObject({ status: 'refused', applied: 1 });
  });

  it('covers every item of a group', async () => {
    const versions = new Map([['app-2', '1']]);
    const group = () =>
      each('all', ['app-1', 'app-2'], (id) => ({
        plan: async () => change(id, { basis: { version: versions.get(id) ?? '1' } }),
      }));
    const steps = () => [action('first', { apply: async () => void versions.set('app-2', '2') }), group()];
    const plan = hashOf(await run(steps(), { dryRun: true }));
    const { outcome, of } = await run(steps(), { plan });
    expect(outcome).toMatchObject({ status: 'refused', applied: 1 });
    expect(outcome.summary).toContain('"Restart app-2" is no longer what --plan was made for');
    expect(of('step.intent').map(({ step }) => step)).toEqual(['first']);
  });

  it('refuses an item that was not planned', async () => {
    const items = ['app-1'];
    const steps = () => [action('first', { apply: async () => void items.push('app-2') }), each('all', items)];
    const grown = () => [
      action('first', { apply: async () => void items.push('app-2') }),
      each('all', [], () => ({}), { items: () => items.map((id) => ({ id })) }),
    ];
    const plan = hashOf(await run(steps(), { dryRun: true }));
    const { outcome } = await run(grown(), { plan });
    expect(outcome).toMatchObject({
      status: 'refused',
      applied: 1,
      summary: '"Restart app-2" is not in the plan that --plan names. This step was not done. Done before it: 1.',
    });
  });
});
