// The nine faults of issue 8, each as it was seen.
import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/engine/change.ts';
import type { Event } from '../../src/engine/session/events.ts';
import { outline } from '../../src/engine/procedure/outline.ts';
import type { Step } from '../../src/engine/procedure/step.ts';
import { treeOf } from '../../src/engine/procedure/tree.ts';
import { isUnfinished } from '../../src/engine/session/session-state.ts';
import {
  action,
  change,
  changing,
  check,
  cutAfter,
  each,
  hashOf,
  intentOf,
  looking,
  noFlags,
  person,
  procedure,
  resultOf,
  results,
  resume,
  run,
  say,
  seen,
  undoOf,
  unreachable,
  unrecorded,
} from './rig.ts';
import type { TinyOptions } from './rig.ts';

/** A deployment that comes up unhealthy, over a world that remembers which version runs. */
const deployment = (world: { version: string }, back: Parameters<typeof undoOf>[1] = {}) => {
  const applied: string[] = [];
  const steps = [
    action('deploy', {
      apply: async () => {
        applied.push('deploy');
        world.version = '1.5';
      },
      verify: async () => seen('critical', '1.5 answers HTTP 503'),
      undo: () =>
        undoOf('back', {
          apply: async () => {
            applied.push('back');
            world.version = '1.4';
          },
          verify: async () => seen(world.version === '1.4' ? 'ok' : 'critical', `${world.version} runs`),
          ...back,
        }),
    }),
    action('next', { apply: async () => void applied.push('next') }),
  ];
  return { steps, applied };
};

/** Its record up to the intent of the undo; whether that reached the world is for the test to say. */
const killedAtUndo = async () =>
  cutAfter(
    (await run(deployment({ version: '1.4' }).steps, { prompts: person(true, true) })).events,
    intentOf('deploy/back'),
  );

describe('fault 1: killed with the intent of an undo on disk', () => {
  it('resume sees that it was taken back, and says so', async () => {
    const { steps, applied } = deployment({ version: '1.4' });
    const ran = await resume(steps, await killedAtUndo(), { given: noFlags });
    expect(applied).toEqual([]);
    expect(ran.outcome).toMatchObject({
      status: 'failed',
      summary: '1.5 answers HTTP 503. It was taken back: Restart back.',
      verdict: 'critical',
      undone: ['Restart deploy', 'Restart next'],
    });
    expect(results(ran)).toEqual([
      ['deploy', 'failed'],
      ['deploy/back', 'ok'],
    ]);
  });

  it('resume sees that it was not, asks, and takes it back', async () => {
    const world = { version: '1.5' };
    const { steps, applied } = deployment(world);
    const prompts = person(true);
    const { outcome, of } = await resume(steps, await killedAtUndo(), { prompts });
    expect(prompts.asked).toEqual(['restart back [y/N]']);
    expect([applied, world.version]).toEqual([['back'], '1.4']);
    expect(of('step.intent').map(({ step }) => step)).toEqual(['deploy/back']);
    expect(outcome.summary).toBe('1.5 answers HTTP 503. It was taken back: Restart back.');
  });

  it.each<[string, TinyOptions, string]>([
    ['declined', { prompts: person(false) }, '1.5 answers HTTP 503.'],
    [
      'there is nobody to ask',
      {},
      '1.5 answers HTTP 503. It was not taken back: "Restart back" needs a confirmation (disruptive), and there is no terminal to ask at. The flags do not cover it: it was in no plan.',
    ],
  ])('resume sees that it was not, and where that is %s does not say that it was', async (_, options, summary) => {
    const world = { version: '1.5' };
    const { steps, applied } = deployment(world);
    const { outcome } = await resume(steps, await killedAtUndo(), options);
    expect([applied, world.version]).toEqual([[], '1.5']);
    expect(outcome).toMatchObject({ status: 'failed', summary });
  });

  it.each([
    ['done', [], 'It was taken back: Restart back.'],
    ['not-done', ['back'], 'It was taken back: Restart back.'],
  ] as const)('resume asks where it cannot be seen: %s', async (answer, did, sentence) => {
    let looked = 0;
    const verify = async () => seen(looked++ === 0 ? 'unknown' : 'ok');
    const { steps, applied } = deployment({ version: '1.5' }, { verify });
    const { outcome } = await resume(steps, await killedAtUndo(), { prompts: person(answer, true) });
    expect(applied).toEqual(did);
    expect(outcome.summary).toContain(sentence);
  });

  it.each<[string, TinyOptions, () => Promise<ReturnType<typeof seen>>, RegExp]>([
    [
      'cannot be looked at',
      {},
      () => Promise.reject(unreachable()),
      /It is not known whether it was taken back: metrics/,
    ],
    [
      'is not answered',
      { prompts: person(false) },
      async () => seen('unknown'),
      /It is not known whether it was taken back: No answer/,
    ],
    [
      'cannot be seen or asked about',
      {},
      async () => seen('unknown', 'no answer'),
      /It is not known whether this was done: restart back\. no answer\./,
    ],
  ])('stays open where it %s: the next resume settles it', async (_, options, verify, sentence) => {
    const log = await killedAtUndo();
    const first = deployment({ version: '1.4' }, { verify });
    const resumed = await resume(first.steps, log, options);
    expect(resumed.outcome.status).toBe('unknown');
    expect(resumed.outcome.summary).toMatch(sentence);
    expect(isUnfinished({ outcome: resumed.outcome, resumed: [] })).toBe(true);

    const second = deployment({ version: '1.4' });
    const { outcome } = await resume(second.steps, [...log, ...resumed.events]);
    expect([...first.applied, ...second.applied]).toEqual([]);
    expect(outcome.summary).toContain('It was taken back: Restart back.');
  });

  it('stays open where the way back cannot be built now', async () => {
    const log = await killedAtUndo();
    const step = action('deploy', { undo: () => Promise.reject(unreachable()), verify: () => expect.unreachable() });
    const { outcome } = await resume([step], log, { given: noFlags });
    expect(outcome.status).toBe('unreachable');
    expect(isUnfinished({ outcome, resumed: [{ at: '', login: 'ann', host: 'laptop' }] })).toBe(true);
  });

  it('an undo that was not begun is offered again, and the change is not applied again', async () => {
    const log = cutAfter(
      (await run(deployment({ version: '1.4' }).steps, { prompts: person(true, true) })).events,
      resultOf('deploy'),
    );
    const world = { version: '1.5' };
    const { steps, applied } = deployment(world);
    await resume(steps, log, { prompts: person(true) });
    expect([applied, world.version]).toEqual([['back'], '1.4']);
    const scripted = deployment({ version: '1.5' });
    const { outcome } = await resume(scripted.steps, log);
    expect(scripted.applied).toEqual([]);
    expect(outcome).toMatchObject({ status: 'failed', summary: '1.5 answers HTTP 503.' });
  });

  it('an undo that has ended is not made again', async () => {
    const { events } = await run(deployment({ version: '1.4' }).steps, { prompts: person(true, true) });
    const { steps, applied } = deployment({ version: '1.4' });
    const { outcome } = await resume(steps, cutAfter(events, resultOf('deploy/back')), { prompts: person() });
    expect(applied).toEqual([]);
    expect(outcome.summary).toBe('1.5 answers HTTP 503. It was taken back: Restart back.');
  });
});

it('fault 2: --plan guards every change of the session, not only the first', async () => {
  let target = 'web-2';
  const applied: string[] = [];
  const steps = () => [
    action('first', { apply: async () => void (target = 'web-3') }),
    action('second', {
      plan: async () => change(target),
      apply: async (_, { target: { name } }) => void applied.push(name),
    }),
  ];
  const plan = hashOf(await run(steps(), { dryRun: true }));
  const { outcome } = await run(steps(), { plan });
  expect(applied).toEqual([]);
  expect(outcome).toMatchObject({ status: 'refused', applied: 1, undone: ['Restart second'] });
  expect(outcome.summary).toContain('  target.name: "web-2" -> "web-3"');
});

it('fault 2: and the input of a call, in words', async () => {
  let hottest = 'web-2';
  const callee = procedure({
    id: 'restart.instance',
    section: '2.1',
    title: 'Restart one instance',
    purpose: 'One instance misbehaves.',
    needs: {},
    input: z.object({ id: z.string() }),
    steps: () => ({ steps: [action('restart')] }),
  });
  const steps = () => [
    action('first', { apply: async () => void (hottest = 'web-3') }),
    say.call('one', 'Restart the busy instance', { procedure: callee, input: () => ({ id: hottest }) }),
  ];
  const plan = hashOf(await run(steps(), { dryRun: true }));
  const { outcome, of } = await run(steps(), { plan });
  expect(of('call.opened')).toEqual([]);
  expect(outcome).toMatchObject({
    status: 'refused',
    applied: 1,
    summary:
      '"Restart the busy instance": --plan was made for web-2; now it is web-3. This step was not done. Done before it: 1.',
  });
});

const windowed = (verdict: 'ok' | 'critical') => [
  action('first'),
  check('window', () => seen(verdict, 'outside the window'), 'precondition'),
  action('second'),
];

it('fault 3: a precondition that refuses after a change counts it, and the session can be resumed', async () => {
  const { outcome, events } = await run(windowed('critical'));
  expect(outcome).toMatchObject({
    status: 'refused',
    applied: 1,
    summary: 'outside the window. This step was not done. Done before it: 1.',
    undone: ['Look at window', 'Restart second'],
    next: ['rb resume s1'],
  });
  expect(isUnfinished({ outcome, resumed: [] })).toBe(true);

  const ran = await resume(windowed('ok'), events);
  expect(ran.outcome).toMatchObject({ status: 'done', applied: 2 });
  expect(ran.of('step.intent').map(({ step }) => step)).toEqual(['second']);
});

it('fault 3: where nothing was done it says that, and there is nothing to resume', async () => {
  const { outcome } = await run([check('window', () => seen('critical', 'outside the window'), 'precondition')]);
  expect(outcome).toMatchObject({ status: 'refused', applied: 0, summary: 'outside the window. Nothing was done.' });
  expect(isUnfinished({ outcome, resumed: [] })).toBe(false);
});

it('fault 4: a look whose only finding is unknown has not seen everything', async () => {
  const { outcome } = await run(looking([check('errors', () => seen('unknown', 'the logs cannot be read'))]));
  expect(outcome).toMatchObject({ status: 'unseen', verdict: 'unknown', summary: 'the logs cannot be read.' });
});

describe('fault 5: the exit code is judged by what was done, not by what could have been', () => {
  const critical = check('cpu', () => seen('critical', 'web-2 is at 97 %'));
  it.each<[string, Step]>([
    ['an action that is passed over', action('restart', { when: () => false })],
    [
      'an option that nobody chose',
      say.decision('next', 'Next', {
        question: 'What next?',
        options: {
          restart: { title: 'restart', steps: [action('restart')] },
          stop: { title: 'stop', steps: [], unasked: true },
        },
        advise: () => undefined,
      }),
    ],
    ['a group without items', each('all', [])],
  ])('%s', async (_, step) => {
    const { outcome } = await run([critical, step]);
    expect(outcome).toMatchObject({
      status: 'critical',
      verdict: 'critical',
      applied: 0,
      summary: 'web-2 is at 97 %.',
    });
  });

  it('and a change that was made counts', async () => {
    expect((await run([critical, action('restart')])).outcome).toMatchObject({ status: 'done', verdict: 'critical' });
  });
});

const lookedAt = (looks: string[], verdict: 'ok' | 'critical' = 'ok') => {
  const looked = (id: string) => () => {
    looks.push(id);
    return seen(verdict, `${id} was looked at`);
  };
  return [
    check('errors', looked('errors')),
    check('window', looked('window'), 'precondition'),
    action('first'),
    check('after', looked('after')),
    check('ready', looked('ready'), 'precondition'),
    action('second'),
  ];
};

describe('fault 6: on resume, what no change rests on is looked at again', () => {
  it.each<[string, (event: Event) => boolean, readonly string[], readonly string[]]>([
    ['nothing was begun', resultOf('window'), ['errors', 'window', 'after', 'ready'], ['first', 'second']],
    ['the first change was begun', intentOf('first'), ['after', 'ready'], ['second']],
    ['the second was not', resultOf('ready'), ['after', 'ready'], ['second']],
    ['the second was begun', intentOf('second'), [], []],
  ])('where %s', async (_, fits, looks, intents) => {
    const log = cutAfter((await run(lookedAt([]))).events, fits);
    const looked: string[] = [];
    const { of, outcome } = await resume(lookedAt(looked), log);
    expect(looked).toEqual(looks);
    expect(of('step.intent').map(({ step }) => step)).toEqual(intents);
    expect(outcome.status).toBe('done');
  });

  it("and yesterday's check does not let today's action through", async () => {
    const log = cutAfter((await run(lookedAt([]))).events, resultOf('ready'));
    const { outcome, of } = await resume(lookedAt([], 'critical'), log);
    expect(outcome).toMatchObject({
      status: 'refused',
      applied: 1,
      summary: 'ready was looked at. This step was not done. Done before it: 1.',
    });
    expect(of('step.intent')).toEqual([]);
  });
});

describe('fault 7: the record is required before the first question or intent, not before the first look', () => {
  const noRecord = {
    requireRecord: () => {
      throw unrecorded();
    },
  };

  it('after the looks and before the question', async () => {
    const ran = await run([check('disk', () => seen('ok')), action('clean')], { prompts: person(true) });
    const [first] = ran.required;
    expect(ran.events.slice(0, first).map(({ type }) => type)).toEqual([
      'session.opened',
      'step.started',
      'step.result',
      'step.started',
      'change.planned',
    ]);
    // Again before the intent: between them a person may have thought for an hour.
    expect(ran.required.map((at) => ran.events[at]?.type)).toEqual(['confirmation', 'step.intent']);
  });

  it('where there can be none, the looks run and nothing is changed', async () => {
    const looked: string[] = [];
    const { outcome, of } = await run(
      [
        check('disk', () => {
          looked.push('disk');
          return seen('critical', 'the disk is full');
        }),
        action('clean', { apply: async () => expect.unreachable() }),
      ],
      noRecord,
    );
    expect(looked).toEqual(['disk']);
    expect(outcome).toMatchObject({ status: 'unrecorded', verdict: 'critical', applied: 0, undone: ['Restart clean'] });
    expect(of('confirmation')).toEqual([]);
  });

  const playbook = (given: TinyOptions) =>
    run(
      [
        check('disk', () => seen('critical', 'the disk is full')),
        say.decision('next', 'Next', {
          question: 'What next?',
          options: {
            clean: { title: 'clean', steps: [action('clean')] },
            stop: { title: 'stop', steps: [], unasked: true },
          },
          advise: () => undefined,
        }),
      ],
      { ...noRecord, ...given },
    );

  it('where no change was wanted it does not matter', async () => {
    expect((await run([check('disk', () => seen('ok'))], noRecord)).outcome.status).toBe('done');
    expect((await playbook({ given: noFlags })).outcome).toMatchObject({
      status: 'critical',
      summary: 'the disk is full.',
    });
  });

  it('nor where the question was answered beforehand, also at a terminal', async () => {
    const given = { ...noFlags, answers: new Map([['next', 'stop']]) };
    expect((await playbook({ given, prompts: person() })).outcome.status).toBe('critical');
  });

  it('a person is not asked what cannot be recorded', async () => {
    const prompts = person();
    const { outcome } = await playbook({ prompts });
    expect(outcome).toMatchObject({ status: 'unrecorded', applied: 0 });
    expect(prompts.asked).toEqual([]);
  });

  it('a dry run requires none', async () => {
    const { outcome, required } = await run([action('clean')], { ...noRecord, dryRun: true });
    expect(outcome.status).toBe('done');
    expect(required).toEqual([]);
  });
});

const worded = (
  words: string,
  more: { readonly tier?: 'mild'; readonly data?: 'more'; readonly input?: 'more' } = {},
) => {
  const callee = procedure({
    id: 'restart.instance',
    section: '2.1',
    title: words,
    purpose: words,
    needs: {},
    input: more.input ? z.object({ id: z.string(), why: z.optional(z.string()) }) : z.object({ id: z.string() }),
    steps: () => ({ steps: [say.check('ready', words, { look: () => seen('ok') })] }),
  });
  const spec = {
    plan: async (): Promise<Change> => change('app-1', { summary: words }),
    apply: async () => undefined,
    verify: async () => seen('ok'),
  };
  const size = z.object({ bytes: z.number() });
  return changing([
    say.check('size', words, {
      data: more.data ? z.object({ bytes: z.number(), files: z.optional(z.number()) }) : size,
      look: () => ({ verdict: 'ok', summary: words, data: { bytes: 1 } }),
    }),
    say.call('one', words, { procedure: callee, input: () => ({ id: 'web-2' }) }),
    say.action('restart', words, { tier: more.tier ?? 'disruptive', change: z.null(), ...spec } as never),
  ]);
};

describe('fault 8: titles are neither in the outline nor in the hash of a plan', () => {
  const outlined = (...given: Parameters<typeof worded>) => outline(treeOf(worded(...given)));

  it('a reworded title resumes, and spends the plan', async () => {
    expect(outlined('better words')).toEqual(outlined('words'));
    const plan = hashOf(await run(worded('words'), { dryRun: true }));
    expect((await run(worded('better words'), { plan })).outcome.status).toBe('done');
  });

  it.each<[string, Parameters<typeof worded>[1]]>([
    ['tier', { tier: 'mild' }],
    ['schema of data', { data: 'more' }],
    ['input schema of a called procedure', { input: 'more' }],
  ])('another %s is another outline, and another plan', async (_, more) => {
    expect(outlined('words', more)).not.toEqual(outlined('words'));
    const plan = hashOf(await run(worded('words'), { dryRun: true }));
    expect((await run(worded('words', more), { plan })).outcome.status).toBe('refused');
  });
});

const marking = (id: string, marks: string[]) => action(id, { apply: async ({ mark }) => void marks.push(mark) });

const marked = (list: string[]) => [
  check('a', () => seen('ok')),
  action('app-1', {
    apply: async ({ mark }) => void list.push(mark),
    verify: async ({ mark }) => seen(list.length === 0 ? 'critical' : 'ok', mark),
  }),
  marking('app-2', list),
];

describe('fault 9: the mark of a step is short and its own', () => {
  const longName = 'a-step-with-a-name-that-is-longer-than-what-postgresql-keeps-of-an-application-name';

  it('also where paths are long and differ at their ends', async () => {
    const marks: string[] = [];
    const group = each(longName, ['instance-number-one', 'instance-number-two'], () => ({
      apply: async ({ mark }) => void marks.push(mark),
    }));
    await run([check('a', () => seen('ok')), group, marking(`${longName}-1`, marks), marking(`${longName}-2`, marks)]);
    expect(new Set(marks).size).toBe(4);
    for (const mark of marks) expect(mark).toMatch(/^s1\/\d+$/);
  });

  it('is the same after a resume', async () => {
    const marks: string[] = [];
    const again: string[] = [];
    const { events } = await run(marked(marks));
    const { of } = await resume(marked(again), cutAfter(events, intentOf('app-1')), { prompts: person(true, true) });
    expect(again).toEqual(marks);
    expect(of('step.progress')).toMatchObject([{}, { note: `not done: ${marks[0]}` }]);
  });
});
