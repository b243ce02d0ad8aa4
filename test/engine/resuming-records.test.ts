import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Event } from '../../src/engine/session/events.ts';
import type { Step } from '../../src/engine/procedure/step.ts';
import {
  action,
  change,
  check,
  cutAfter,
  each,
  hashOf,
  intentOf,
  person,
  resultOf,
  resume,
  run,
  say,
  seen,
  undoOf,
} from './rig.ts';

const passedOver = async (steps: (wanted: boolean) => readonly Step[], fits: Parameters<typeof cutAfter>[1]) =>
  cutAfter((await run(steps(false), { prompts: person(true, true, true) })).events, fits);

const maybeFirst = (wanted: boolean) => [action('maybe', { when: () => wanted }), check('a', () => seen('ok'))];

const maybeOne = (wanted: boolean) => [each('all', ['a', 'b', 'c'], (id) => ({ when: () => wanted || id !== 'a' }))];

describe('what was passed over before a change', () => {
  it.each<[string, (wanted: boolean) => Step]>([
    ['an action', (wanted) => action('maybe', { when: () => wanted })],
    ['a check', (wanted) => say.check('maybe', 'Maybe', { when: () => wanted, look: () => expect.unreachable() })],
    ['a group', (wanted) => each('maybe', ['a'], () => ({}), { when: () => wanted })],
    [
      'a decision',
      (wanted) =>
        say.decision('maybe', 'Maybe', {
          when: () => wanted,
          question: 'Which?',
          options: { one: { title: 'one', steps: [action('a')] } },
          advise: () => undefined,
        }),
    ],
  ])('stays passed over: %s', async (_, maybe) => {
    const steps = (wanted: boolean) => [maybe(wanted), action('app-1')];
    const ran = await resume(steps(true), await passedOver(steps, intentOf('app-1')), { prompts: person() });
    expect(ran.of('step.started').map(({ step }) => step)).toEqual(['app-1']);
    expect(ran.outcome.status).toBe('done');
  });

  it('is asked for again where no change rests on that', async () => {
    const ran = await resume(maybeFirst(true), await passedOver(maybeFirst, resultOf('a')));
    expect(ran.of('step.intent').map(({ step }) => step)).toEqual(['maybe']);
  });

  it('stays passed over: an item of a group', async () => {
    const { of } = await resume(maybeOne(true), await passedOver(maybeOne, resultOf('all/b')), {
      prompts: person(true),
    });
    expect(of('step.intent').map(({ step }) => step)).toEqual(['all/c']);
  });
});

describe('an item that an earlier run was interrupted in', () => {
  const items = ['app-1', 'app-2', 'app-3'];
  const cut = async () => cutAfter((await run([each('all', items)])).events, intentOf('all/app-2'));

  it('that cannot be seen is asked about once; where that is not answered, nothing after it is planned', async () => {
    const prompts = person(false);
    const ran = await resume([each('all', items, () => ({ verify: async () => seen('unknown') }))], await cut(), {
      prompts,
    });
    expect(prompts.asked).toEqual(['Was this done: restart app-2?']);
    expect(ran.outcome).toMatchObject({
      status: 'declined',
      applied: 1,
      undone: ['Restart app-2', 'Restart app-3'],
    });
    expect(ran.of('change.planned')).toEqual([]);
    expect(ran.of('step.result').map(({ step, result }) => [step, result])).toEqual([
      ['all/app-2', 'declined'],
      ['all', 'declined'],
    ]);
  });

  it('that was done is settled, and the rest is planned and confirmed', async () => {
    const prompts = person(true);
    const { outcome, of } = await resume([each('all', items)], await cut(), { prompts });
    expect(prompts.asked).toEqual(['restart app-3 [y/N]']);
    expect(of('step.intent').map(({ step }) => step)).toEqual(['all/app-3']);
    expect(outcome).toMatchObject({ status: 'done', applied: 3 });
  });

  it('that had failed has failed: its undo is offered, and nothing else is done', async () => {
    const done: string[] = [];
    const group = () =>
      each('all', items, (id) => ({
        apply: async () => void done.push(id),
        verify: async () => seen(id === 'app-2' ? 'critical' : 'ok', `${id} answers HTTP 503`),
        undo: () => undoOf('back', { apply: async () => void done.push(`${id} back`) }),
      }));
    const first = await run([group()], { prompts: person(true, false) });
    const log = cutAfter(first.events, resultOf('all/app-2'));
    done.length = 0;
    const prompts = person(true);
    const { outcome, of } = await resume([group()], log, { prompts });
    expect(done).toEqual(['app-2 back']);
    expect(of('change.planned').map(({ step }) => step)).toEqual(['all/app-2/back']);
    expect(outcome).toMatchObject({
      status: 'failed',
      applied: 1,
      summary: 'app-2 answers HTTP 503. It was taken back: Restart back.',
      undone: ['Restart app-2', 'Restart app-3'],
    });
  });
});

const manual = () => say.manual('lb', 'Drain', { instruction: 'Drain the balancer' });

const watch = () =>
  say.watch('calm', 'Watch', {
    data: z.number(),
    everyMs: () => 1000,
    forMs: () => 1000,
    endsWhenCritical: true,
    sample: () => 1,
    judge: () => seen('ok', 'calm'),
  });

const drainedAndCalm = () => {
  const [drained, calm] = [manual(), watch()];
  return [drained, calm, check('after', (reads) => seen('ok', `${reads.read(drained)}, ${reads.seen(calm)?.summary}`))];
};

const which = () => [
  say.decision('which', 'Which', {
    question: 'Which?',
    options: { one: { title: 'one', steps: [action('a')] } },
    advise: () => undefined,
  }),
  action('after'),
];

const two = () => [action('app-1'), action('app-2')];

describe('what is read from the record', () => {
  const Size = z.object({ bytes: z.number() });
  const sized = (looks: () => number) => {
    const size = say.check('size', 'Size', {
      data: Size,
      look: () => ({ verdict: 'ok', summary: 'seen', data: { bytes: looks() } }),
    });
    const after = check('after', ({ read }) => seen('ok', `${read(size).bytes} bytes`));
    return [size, action('app-1', { change: Size, plan: async () => change('app-1', { data: { bytes: 9 } }) }), after];
  };
  const log = async () => cutAfter((await run(sized(() => 7))).events, intentOf('app-1'));

  it('is what the step had declared', async () => {
    const { of } = await resume(
      sized(() => expect.unreachable()),
      await log(),
    );
    expect(of('step.result').at(-1)).toMatchObject({ step: 'after', finding: { summary: '7 bytes' } });
  });

  it.each<[string, string, (event: Event) => Event]>([
    [
      'data',
      'Size',
      (event) =>
        event.type === 'step.result' && event.finding
          ? { ...event, finding: { ...event.finding, data: { bytes: 'many' } } }
          : event,
    ],
    [
      'change',
      'Restart app-1',
      (event) =>
        event.type === 'step.intent' ? { ...event, change: { ...event.change, data: { bytes: 'many' } } } : event,
    ],
  ])('is refused where its %s does not fit', async (_, title, tamper) => {
    const { outcome, of } = await resume(
      sized(() => 7),
      (await log()).map(tamper),
    );
    expect(outcome.status).toBe('refused');
    expect(outcome.undone).toContain(title);
    expect(outcome.summary).toContain(
      `What the record has of "${title}" is not what this version of rb declares: bytes: `,
    );
    expect(of('step.intent')).toEqual([]);
  });

  it('is refused where an item does not fit', async () => {
    const events = cutAfter((await run([each('all', ['a', 'b'])])).events, resultOf('all/a')).map((event) =>
      event.type === 'items.planned' ? { ...event, items: [{ id: 'a' }, { name: 'b' } as never] } : event,
    );
    const { outcome } = await resume([each('all', ['a', 'b'])], events);
    expect(outcome).toMatchObject({ status: 'refused', applied: 1, undone: ['Restart the instances'] });
  });

  it.each(['constructor', '__proto__', 'two'])(
    'is refused where the answer %s is not one of the options',
    async (answer) => {
      const first = await run(which(), { prompts: person('one', true, true) });
      const events = cutAfter(first.events, ({ type }) => type === 'answer').map((event) =>
        event.type === 'answer' ? { ...event, answer } : event,
      );
      const { outcome, of } = await resume(which(), events, { prompts: person(true, true) });
      expect(outcome.status).toBe('refused');
      expect(outcome.summary).toContain(`The record has "${answer}" as the answer to "Which", which is not an option.`);
      expect(of('step.intent')).toEqual([]);
    },
  );

  it.each<[string, object]>([
    ['has no target', { step: 'app-1', tier: 'disruptive', basis: {}, equivalent: [] }],
    ['has a tier that there is not', { step: 'app-1', tier: 'constructor', target: {}, basis: {}, equivalent: [] }],
    ['has a set that is none', { step: 'app-1', tier: 'read', target: {}, basis: {}, equivalent: [], members: 7 }],
  ])('is refused where the plan that it was held to %s', async (_, entry) => {
    const plan = hashOf(await run(two(), { dryRun: true }));
    const first = await run(two(), { plan });
    const events = cutAfter(first.events, intentOf('app-1')).map((event) =>
      event.type === 'plan.accepted' ? { ...event, steps: [entry as never] } : event,
    );
    const { outcome, of } = await resume(two(), events);
    expect(outcome.status).toBe('refused');
    expect(outcome.summary).toContain('What the record has of "the plan" is not what this version of rb declares');
    expect(of('step.intent')).toEqual([]);
  });

  it('is what a person has done, and what was watched', async () => {
    const first = await run(drainedAndCalm(), { prompts: person('skipped') });
    const ran = await resume(drainedAndCalm(), cutAfter(first.events, resultOf('calm')), { prompts: person() });
    expect(ran.of('step.result')).toMatchObject([{ step: 'after', finding: { summary: 'skipped, calm' } }]);
  });

  it('is no receipt: a verification must do without', async () => {
    const receipts: unknown[] = [];
    const step = () =>
      action('app-1', {
        apply: async () => 'a receipt',
        verify: async (_, __, receipt) => {
          receipts.push(receipt);
          return seen('ok');
        },
      });
    const { events } = await run([step()]);
    await resume([step()], cutAfter(events, intentOf('app-1')));
    expect(receipts).toEqual(['a receipt', undefined]);
  });
});

const windowed = (verdict: 'ok' | 'critical') => [
  action('app-1'),
  check('window', () => seen(verdict, 'outside the window'), 'precondition'),
];

describe('a refusal in a resumed session', () => {
  it('does not say that nothing was done where an intent has no result yet', async () => {
    const { events } = await run([action('app-1'), action('app-2')]);
    // What is settled is counted.
    const settled = await resume(windowed('critical'), cutAfter(events, intentOf('app-1')));
    expect(settled.outcome.summary).toBe('outside the window. This step was not done. Done before it: 1.');
    const open = await resume(
      [
        action('app-1', { verify: () => Promise.reject(new RunbookError('unreachable', 'no answer')) }),
        action('app-2'),
      ],
      cutAfter(events, intentOf('app-1')),
    );
    expect(open.outcome.summary).toBe(
      'no answer. This step was not done. What an earlier run began is not settled: 1.',
    );
  });

  it('counts what earlier runs did also where --plan refuses before the first step', async () => {
    const { events } = await run([action('app-1'), action('app-2')]);
    const plan = hashOf(await run([action('other')], { dryRun: true }));
    const { outcome } = await resume([action('app-1'), action('app-2')], cutAfter(events, resultOf('app-1')), { plan });
    expect(outcome).toMatchObject({ status: 'refused', applied: 1 });
    expect(outcome.summary).toMatch(/This step was not done\. Done before it: 1\.$/);
  });

  it('says what is left of the changes of earlier runs', async () => {
    const { events } = await run([action('app-1'), action('app-2')]);
    const { outcome } = await resume(windowed('critical'), cutAfter(events, resultOf('app-1')), {
      tail: { stateLeft: () => 'One of two is new.' },
    });
    expect(outcome.summary).toBe('outside the window. This step was not done. Done before it: 1.\nOne of two is new.');
  });
});
