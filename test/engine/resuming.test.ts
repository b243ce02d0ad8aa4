import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/engine/change.ts';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Step } from '../../src/engine/procedure/step.ts';
import {
  action,
  answering,
  change,
  check,
  cutAfter,
  each,
  intentOf,
  person,
  resultOf,
  resume,
  run,
  say,
  seen,
  yes,
} from './rig.ts';
import type { TinyOptions } from './rig.ts';

/** A restart whose verification says what the test wants. */
const restart = (verify: () => Promise<ReturnType<typeof seen>>, when?: () => boolean) => {
  const applied: Change[] = [];
  const planned: (Change | undefined)[] = [];
  const step = action('app-1', {
    plan: async (_, interrupted) => {
      planned.push(interrupted);
      return change('app-1', { data: { replicas: 3 } });
    },
    apply: async (_, what) => void applied.push(what),
    verify,
    ...(when ? { when } : {}),
  });
  return { step, applied, planned };
};
const cutOff = async () => cutAfter((await run([action('app-1')])).events, intentOf('app-1'));

describe('an intent without a result', () => {
  it('that was done is not done again', async () => {
    const { step, applied } = restart(async () => seen('ok', 'app-1 was restarted'));
    const { end, of } = await resume([step], await cutOff());
    expect(applied).toEqual([]);
    expect(end.outcome.status).toBe('done');
    expect(of('step.result')).toMatchObject([
      { step: 'app-1', result: 'ok', finding: { summary: 'app-1 was restarted' } },
    ]);
  });

  it('that was not done is planned with what was begun, confirmed, and done', async () => {
    const verdicts = ['critical', 'ok'] as const;
    let looked = 0;
    const { step, applied, planned } = restart(async () => seen(verdicts[looked++] ?? 'ok', 'as before'));
    const { end, of } = await resume([step], await cutOff());
    expect(planned).toEqual([change('app-1')]);
    expect(applied).toHaveLength(1);
    expect(of('confirmation')).toHaveLength(1);
    expect(end.outcome.status).toBe('done');
  });

  it.each([
    ['done', 0],
    ['not-done', 1],
  ] as const)('that cannot be seen is asked about: %s', async (answer, times) => {
    let looked = 0;
    const { step, applied } = restart(async () => seen(looked++ === 0 ? 'unknown' : 'ok'));
    const prompts = person(answer, true);
    const { end } = await resume([step], await cutOff(), { prompts });
    expect(prompts.asked[0]).toBe('Was this done: restart app-1?');
    expect(applied).toHaveLength(times);
    expect(end.outcome.status).toBe('done');
  });

  it('that cannot be seen stays unknown without a terminal, and the flag is named', async () => {
    const { step, applied } = restart(async () => seen('unknown', 'no answer'));
    const { end } = await resume([step], await cutOff(), { given: yes });
    expect(applied).toEqual([]);
    expect(end.outcome).toMatchObject({
      status: 'unknown',
      next: ['look, then: rb resume s1 --answer app-1=<done|not-done>'],
    });
  });

  it('can be settled by --answer', async () => {
    const { step, applied } = restart(async () => seen('unknown', 'no answer'));
    const given = answering({ 'app-1': 'done' });
    const { end } = await resume([step], await cutOff(), { given });
    expect(applied).toEqual([]);
    expect(end.outcome.status).toBe('done');
  });

  it.each<[string, TinyOptions, () => Promise<ReturnType<typeof seen>>, string]>([
    ['could not look', {}, () => Promise.reject(new RunbookError('unreachable', 'no answer')), 'unreachable'],
    ['was not answered', { prompts: person(false) }, async () => seen('unknown'), 'declined'],
    ['was stopped at the question', { prompts: person('ctrl-c') }, async () => seen('unknown'), 'interrupted'],
  ])('stays open when a resumed run %s: the next one looks first', async (_, options, verify, status) => {
    const log = await cutOff();
    const first = restart(verify);
    const resumed = await resume([first.step], log, options);
    expect(resumed.end.outcome.status).toBe(status);

    const second = restart(async () => seen('ok'));
    const { end } = await resume([second.step], [...log, ...resumed.events]);
    expect([...first.applied, ...second.applied]).toEqual([]);
    expect(end.outcome.status).toBe('done');
  });

  it('is remembered when the new plan was declined: what was begun must be given back', async () => {
    const log = await cutOff();
    const first = restart(async () => seen('critical'));
    const resumed = await resume([first.step], log, { prompts: person(false) });
    expect(resumed.end.outcome.status).toBe('declined');

    let looked = 0;
    const second = restart(async () => seen(looked++ === 0 ? 'critical' : 'ok'));
    await resume([second.step], [...log, ...resumed.events]);
    expect(second.planned).toEqual([change('app-1')]);
  });

  it('is not passed over because its condition no longer holds', async () => {
    const { step } = restart(
      async () => seen('ok'),
      () => false,
    );
    const { of } = await resume([step], await cutOff());
    expect(of('step.result')).toMatchObject([{ step: 'app-1', result: 'ok' }]);
  });

  it('is settled before --yes can do it again, also when its outcome was recorded as unknown', async () => {
    const first = await run([action('app-1', { verify: async () => seen('unknown', 'no answer') })]);
    expect(first.end.outcome.status).toBe('unknown');
    const { step, applied } = restart(async () => seen('ok'));
    await resume([step], first.events);
    expect(applied).toEqual([]);
  });
});

const lookRestartLook = (looks: () => void): Step[] => {
  const errors = check('errors', () => {
    looks();
    return seen('warn', '40 errors');
  });
  return [errors, action('app-1'), check('after', (context) => seen('ok', `before: ${context.seen(errors)?.summary}`))];
};

const group = (items: readonly string[], restarted: string[]) =>
  each('restart', items, (id) => ({ apply: async () => void restarted.push(id) }));

const decision = (when: () => boolean) =>
  say.decision('how', 'How', {
    when,
    question: 'Restart it?',
    advise: () => undefined,
    options: {
      yes: { title: 'yes', steps: [action('app-1')] },
      no: { title: 'no', steps: [] },
    },
  });

describe('a resumed session', () => {
  it('does not run again what is done, and keeps what was found as evidence', async () => {
    const log = cutAfter((await run(lookRestartLook(() => undefined))).events, resultOf('app-1'));
    const { end, of } = await resume(
      lookRestartLook(() => expect.unreachable()),
      log,
    );
    expect(of('step.started').map((event) => event.step)).toEqual(['after']);
    expect(of('step.result')).toMatchObject([{ finding: { summary: 'before: 40 errors' } }]);
    expect(end.outcome.status).toBe('done');
  });

  it('goes on with the items that the group began with', async () => {
    const first: string[] = [];
    const log = cutAfter((await run([group(['app-1', 'app-2', 'app-3'], first)])).events, resultOf('restart/app-1'));
    const second: string[] = [];
    const prompts = person(true);
    const { end } = await resume([group(['app-9', 'app-3', 'app-2'], second)], log, { prompts });
    expect(prompts.asked).toEqual(['2 changes, one after another [y/N]']);
    expect(second).toEqual(['app-2', 'app-3']);
    expect(end.outcome.status).toBe('done');
  });

  it('keeps to the answer of a decision that was taken', async () => {
    const first = await run([decision(() => true)], { prompts: person('yes', true) });
    const log = cutAfter(first.events, (event) => event.type === 'answer');
    const { of } = await resume([decision(() => false)], log, { prompts: person(true) });
    expect(of('step.intent').map((event) => event.step)).toEqual(['how/yes/app-1']);
  });
});
