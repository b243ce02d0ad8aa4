import { describe, expect, it } from 'vitest';
import { RunbookError } from '../../src/engine/errors.ts';
import { planExpiresAfterMs, planHash, requirePlan } from '../../src/engine/plan-hash.ts';
import type { Plan } from '../../src/engine/plan-hash.ts';
import { action, change, check, fakeClock, person, run, seen, yes } from './rig.ts';

const plan: Plan = {
  procedure: 'restart.rolling',
  outline: [{ id: 'restart', kind: 'each', title: 'Restart the instances' }],
  input: { batch: 1 },
  steps: [{ step: 'restart/app-1', fingerprint: 'abc', tier: 'disruptive', equivalent: ['systemctl restart app-1'] }],
};
const step = plan.steps[0] as Plan['steps'][number];
const expires = new Date('2025-01-01T10:30:00Z');
const now = new Date('2025-01-01T10:00:00Z');
const hash = planHash(plan, expires);

const refusal = (text: string, of: Plan = plan, at = now): RunbookError => {
  try {
    requirePlan(text, of, at);
  } catch (error) {
    if (error instanceof RunbookError) return error;
    throw error;
  }
  throw new Error('the plan was accepted');
};

describe('the hash of a plan', () => {
  it('is the same for the same plan and expiry, whatever the order of the keys', () => {
    const reordered = { steps: [{ ...step }], input: { batch: 1 }, outline: plan.outline, procedure: plan.procedure };
    expect(planHash(reordered, expires)).toBe(hash);
    expect(() => requirePlan(hash, reordered, now)).not.toThrow();
  });

  it.each<[string, Plan]>([
    ['procedure', { ...plan, procedure: 'restart.emergency' }],
    ['outline', { ...plan, outline: [] }],
    ['input', { ...plan, input: { batch: 2 } }],
    ['tier', { ...plan, steps: [{ ...step, tier: 'destructive' }] }],
    ['fingerprint', { ...plan, steps: [{ ...step, fingerprint: 'abd' }] }],
    ['equivalent command', { ...plan, steps: [{ ...step, equivalent: ['systemctl stop app-1'] }] }],
    ['name of a step', { ...plan, steps: [{ ...step, step: 'restart/app-2' }] }],
    ['number of steps', { ...plan, steps: [step, { ...step, step: 'restart/app-2' }] }],
  ])('is refused with the present plan when another %s makes it another plan', (_, other) => {
    const error = refusal(hash, other);
    expect(error.kind).toBe('refused');
    for (const one of other.steps)
      expect(error.message).toContain(`${one.step} (${one.tier}): ${one.equivalent.join('; ')}`);
  });

  it('cannot be given a later expiry', () => {
    const later = hash.replace(/^[^-]*/, Math.floor(expires.getTime() / 1000 + 3600).toString(36));
    expect(refusal(later).kind).toBe('refused');
  });

  it('expires', () => {
    const error = refusal(hash, plan, new Date(expires.getTime() + 1));
    expect(error).toMatchObject({ kind: 'refused' });
    expect(error.message).toContain('expired at 2025-01-01T10:30:00.000Z');
    expect(() => requirePlan(hash, plan, expires)).not.toThrow();
  });

  it.each(['', 'yes', '12345', 'sq7x0g-XYZ', hash.slice(0, -1), `${hash}0`, ` ${hash}`])(
    'is a usage error when it is none: "%s"',
    (text) => {
      expect(refusal(text)).toMatchObject({ kind: 'usage', next: [expect.stringContaining('--dry-run')] });
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
  const { of } = await run(stepsAt(() => version).steps, { dryRun: true });
  return of('plan.hash')[0]?.hash ?? 'none was printed';
};

const given = (answer: string) => ({ ...yes, answers: new Map([['how', answer]]) });

describe('--plan', () => {
  it('runs the plan that the dry run printed', async () => {
    const { steps, applied } = stepsAt(() => '1.4.0');
    const { end } = await run(steps, { plan: await printed() });
    expect(end.outcome.status).toBe('done');
    expect(applied()).toBe(1);
  });

  it('refuses another plan, names every step as undone, and asks nothing', async () => {
    const { steps, applied } = stepsAt(() => '1.5.0');
    const { end, of } = await run(steps, { plan: await printed(), prompts: person() });
    expect(end.outcome).toMatchObject({ status: 'refused', undone: ['Restart app-1'] });
    expect(applied()).toBe(0);
    expect(of('step.started')).toEqual([]);
  });

  it('refuses what changed after the hash was checked and before the step was planned', async () => {
    let version = '1.4.0';
    const { steps, applied } = stepsAt(() => version);
    let looks = 0;
    const slow = check('a while', () => {
      // Once for the hash, once for real.
      if (++looks === 2) version = '1.5.0';
      return seen('ok');
    });
    const dry = await run([slow, ...stepsAt(() => '1.4.0').steps], { dryRun: true });
    looks = 0;
    const { end } = await run([slow, ...steps], { plan: dry.of('plan.hash')[0]?.hash ?? '' });
    expect(end.outcome).toMatchObject({ status: 'refused', undone: ['Restart app-1'] });
    expect(end.outcome.summary).toContain('no longer what --plan was printed for');
    expect(applied()).toBe(0);
  });

  it('covers the answer to a question: another answer is another plan', async () => {
    const steps = [
      {
        kind: 'decision' as const,
        id: 'how',
        title: 'How',
        question: 'Which?',
        options: [
          { id: 'one', title: 'one', steps: [action('app-1')] },
          { id: 'two', title: 'two', steps: [action('app-2')] },
        ],
        advise: () => undefined,
      },
    ];
    const dry = await run(steps, { dryRun: true, given: given('one') });
    const hash = dry.of('plan.hash')[0]?.hash ?? '';
    const same = await run(steps, { plan: hash, given: given('one') });
    expect(same.of('step.intent')).toMatchObject([{ step: 'how/one/app-1' }]);
    const other = await run(steps, { plan: hash, given: given('two') });
    expect(other.end.outcome.status).toBe('refused');
    expect(other.of('step.started')).toEqual([]);
  });

  it('does nothing that was not in the dry run', async () => {
    let open = false;
    const later = { ...action('later'), when: () => open };
    const steps = () => [check('a while', () => seen('ok')), { ...action('never'), when: () => false }, later];
    // Something to plan, so that there is a hash: what the real run comes to first is another step.
    const dry = await run([...steps(), action('app-1')], { dryRun: true });
    let looks = 0;
    const opening = check('a while', () => {
      if (++looks === 2) open = true;
      return seen('ok');
    });
    const { end, of } = await run([opening, ...steps().slice(1), action('app-1')], {
      plan: dry.of('plan.hash')[0]?.hash ?? '',
    });
    expect(end.outcome.status).toBe('refused');
    expect(end.outcome.summary).toContain('no longer what --plan was printed for');
    expect(of('step.intent')).toEqual([]);
  });

  it('allows later steps to differ by what the earlier ones changed', async () => {
    let version = 1;
    const both = () => [
      action('first', { apply: async () => void version++ }),
      action('second', { plan: async () => change('second', { basis: { version } }) }),
    ];
    const dry = await run(both(), { dryRun: true });
    const { end } = await run(both(), { plan: dry.of('plan.hash')[0]?.hash ?? '' });
    expect(end.outcome.status).toBe('done');
  });

  it('is good for half an hour', async () => {
    const clock = fakeClock();
    const hash = await printed();
    clock.advance(planExpiresAfterMs + 1000);
    const { end } = await run(stepsAt(() => '1.4.0').steps, { plan: hash, clock });
    expect(end.outcome.status).toBe('refused');
    expect(end.outcome.summary).toContain('The plan expired');
  });
});
