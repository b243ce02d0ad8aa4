import { describe, expect, it } from 'vitest';
import { answeredByFlags, flagsFor, requirementFor } from '../../src/engine/plan/confirmation.ts';
import type { GivenAnswers } from '../../src/engine/plan/confirmation.ts';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Tier } from '../../src/engine/plan/tier.ts';
import { action, change, noFlags, person, protectedSubject, run, subject } from './rig.ts';

const subjects = { open: subject, protected: protectedSubject };
const yesNo = { kind: 'yes-no' };
const type = (phrase: string) => ({ kind: 'type', phrase });

/** The table of safety.md: what a person types, and the flags that a script passes. */
const table: readonly [Tier, keyof typeof subjects, unknown, readonly string[]][] = [
  ['read', 'open', undefined, []],
  ['read', 'protected', undefined, []],
  ['mild', 'open', yesNo, ['--yes']],
  ['mild', 'protected', yesNo, ['--yes']],
  ['disruptive', 'open', yesNo, ['--yes']],
  ['disruptive', 'protected', type('shop'), ['--yes', '--confirm shop/production']],
  ['destructive', 'open', type('shop/staging'), ['--confirm shop/staging']],
  ['destructive', 'protected', type('shop/production'), ['--confirm shop/production']],
];

describe.each(table)('a %s step where the environment is %s', (tier, where, requirement, flags) => {
  const about = subjects[where];
  const place = `${about.service}/${about.environment}`;

  it('asks a person for exactly this', () => {
    expect(requirementFor(tier, about)).toEqual(requirement);
  });

  it('asks a script for exactly these flags', () => {
    expect(flagsFor(tier, about)).toEqual(flags);
  });

  it.each([
    [false, undefined],
    [true, undefined],
    [false, place],
    [true, place],
    [true, 'shop/elsewhere'],
  ])('with --yes %s and --confirm %s is confirmed only by all that it needs', (yes, confirm) => {
    const given: GivenAnswers = { yes, answers: new Map(), ...(confirm === undefined ? {} : { confirm }) };
    const has = [...(yes ? ['--yes'] : []), ...(confirm === place ? [`--confirm ${place}`] : [])];
    const enough = flags.every((flag) => has.includes(flag));
    expect(answeredByFlags(tier, about, given)).toBe(enough ? flags.join(' ') : undefined);
  });
});

/** One action of a tier, and whether it was applied. */
const attempt = async (tier: Tier, options: Parameters<typeof run>[1]) => {
  let applied = 0;
  const ran = await run([action('app-1', { tier, apply: async () => void applied++ })], options);
  return { ...ran, applied, outcome: ran.end.outcome };
};

describe('without a terminal', () => {
  it.each([
    ['mild', subject, 'pass --yes to confirm it'],
    ['disruptive', subject, 'pass --yes to confirm it'],
    ['disruptive', protectedSubject, 'pass --yes and --confirm shop/production to confirm it'],
    ['destructive', subject, 'pass --confirm shop/staging to confirm it'],
  ] as const)('a %s step without its flags is a usage error that names them', async (tier, about, advice) => {
    const { outcome, applied, of } = await attempt(tier, { given: noFlags, subject: about });
    expect(outcome.status).toBe('usage');
    expect(outcome.summary).toContain('there is no terminal to ask at');
    expect(outcome.next).toContain(advice);
    expect(applied).toBe(0);
    expect(of('confirmation')).toMatchObject([{ decision: 'refused', by: 'no terminal' }]);
    expect(of('step.intent')).toEqual([]);
  });

  it('--yes alone never covers a destructive step', async () => {
    const { outcome, applied } = await attempt('destructive', { given: { ...noFlags, yes: true } });
    expect(outcome.status).toBe('usage');
    expect(applied).toBe(0);
  });

  it('the flags confirm, and the record says which did', async () => {
    const given = { yes: true, confirm: 'shop/production', answers: new Map() };
    const { outcome, applied, of } = await attempt('disruptive', { given, subject: protectedSubject });
    expect(outcome.status).toBe('done');
    expect(applied).toBe(1);
    expect(of('confirmation')).toMatchObject([{ decision: 'confirmed', by: '--yes --confirm shop/production' }]);
  });
});

describe('--confirm that names another place', () => {
  it.each(['mild', 'disruptive', 'destructive'] as const)('refuses a %s step, also at a terminal', async (tier) => {
    const prompts = person();
    const { outcome, applied } = await attempt(tier, {
      given: { yes: true, confirm: 'shop/production', answers: new Map() },
      prompts,
    });
    expect(outcome.status).toBe('refused');
    expect(outcome.summary).toContain('--confirm names shop/production, but this would change shop/staging');
    expect(applied).toBe(0);
    expect(prompts.asked).toEqual([]);
  });
});

describe('at a terminal', () => {
  it('yes goes on', async () => {
    const prompts = person(true);
    const { outcome, applied, of } = await attempt('disruptive', { prompts });
    expect(prompts.asked).toEqual(['restart app-1 [y/N]']);
    expect(outcome.status).toBe('done');
    expect(applied).toBe(1);
    expect(of('confirmation')).toMatchObject([{ decision: 'confirmed', by: 'prompt' }]);
  });

  it('no ends the procedure with nothing done', async () => {
    const { outcome, applied } = await attempt('disruptive', { prompts: person(false) });
    expect(outcome).toMatchObject({ status: 'declined', undone: ['Restart app-1'] });
    expect(applied).toBe(0);
  });

  it('Ctrl-C at the prompt confirms nothing', async () => {
    const { outcome, applied, of } = await attempt('disruptive', { prompts: person('ctrl-c') });
    expect(outcome.status).toBe('interrupted');
    expect(applied).toBe(0);
    expect(of('confirmation')).toEqual([]);
  });

  it('what makes a change riskier raises the tier and is said', async () => {
    const raises = ['3 of 3 instances at once'];
    const prompts = person(true);
    const { of } = await run([action('app-1', { plan: async () => change('app-1', { raises }) })], { prompts });
    expect(prompts.asked).toEqual(['restart app-1 [shop/staging]']);
    expect(of('confirmation')).toMatchObject([{ tier: 'destructive' }]);
  });

  it('a dry run asks nothing and changes nothing', async () => {
    const prompts = person();
    const { outcome, applied, of } = await attempt('destructive', { prompts, dryRun: true });
    expect(outcome).toMatchObject({ status: 'done', summary: 'Dry run: nothing was changed.' });
    expect(applied).toBe(0);
    expect(of('change.planned')).toHaveLength(1);
    expect(of('plan.hash')).toHaveLength(1);
  });
});

const forbids = async () => {
  throw new RunbookError('refused', 'ben holds the lock of shop in staging.');
};
const allows = async () => undefined;

describe('a guard', () => {
  it('that forbids the question refuses before anything is asked or recorded', async () => {
    const prompts = person();
    const guards = [{ beforeQuestion: forbids, beforeIntent: allows, release: allows }];
    const { outcome, applied, required } = await attempt('disruptive', { prompts, guards });
    expect(outcome).toMatchObject({
      status: 'refused',
      summary: 'ben holds the lock of shop in staging. Nothing was done.',
    });
    expect([applied, prompts.asked, required]).toEqual([0, [], []]);
  });

  it('that forbids the intent refuses after the answer, on record', async () => {
    const guards = [{ beforeQuestion: allows, beforeIntent: forbids, release: allows }];
    const { outcome, applied, of } = await attempt('disruptive', { prompts: person(true), guards });
    expect(outcome.status).toBe('refused');
    expect(applied).toBe(0);
    expect(of('step.intent')).toEqual([]);
    expect(of('step.result')).toMatchObject([{ step: 'app-1', result: 'refused', cause: 'refused' }]);
  });

  it('is asked about each change of a session, each time', async () => {
    const asked: string[] = [];
    const note = (when: string) => async (intended: { readonly step: string; readonly tier: string }) =>
      void asked.push(`${when} ${intended.step} (${intended.tier})`);
    const guards = [{ beforeQuestion: note('question'), beforeIntent: note('intent'), release: allows }];
    await run([action('a'), action('b', { tier: 'mild' })], { guards });
    expect(asked).toEqual(['question a (disruptive)', 'intent a (disruptive)', 'question b (mild)', 'intent b (mild)']);
  });

  it('is asked about nothing by what only looks, and by a dry run', async () => {
    const guards = [{ beforeQuestion: forbids, beforeIntent: forbids, release: forbids }];
    expect((await attempt('disruptive', { guards, dryRun: true })).outcome.status).toBe('done');
  });
});
