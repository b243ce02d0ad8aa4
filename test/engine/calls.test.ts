import { describe, expect, it } from 'vitest';
import { createStop } from '../../src/engine/session/stop.ts';
import { action, check, ctrlC, looking, person, procedure, results, run, say, seen, unreachable } from './rig.ts';
import { header, restarting, callOf, cpu } from './called.ts';

describe('a call', () => {
  it('runs another procedure in the same session, with paths and a sentence of its own', async () => {
    const ran = await run([callOf(restarting(undefined, { summary: ({ input }) => `${input.id} was restarted.` }))]);
    expect(ran.outcome).toMatchObject({ status: 'done', applied: 1 });
    expect(ran.events.map((event) => ('step' in event ? `${event.type} ${event.step}` : event.type))).toEqual([
      'session.opened',
      'step.started one',
      'call.opened one',
      'step.started one/restart',
      'change.planned one/restart',
      'confirmation one/restart',
      'step.intent one/restart',
      'step.result one/restart',
      'call.closed one',
      'step.result one',
      'session.closed',
    ]);
    expect(ran.of('call.opened')).toMatchObject([
      {
        procedure: {
          id: 'restart.instance',
          section: '2.1',
          title: 'Restart one instance',
          outline: [{ id: 'restart', kind: 'action', tier: 'disruptive' }],
        },
        input: { id: 'web-2' },
      },
    ]);
    expect(ran.of('call.closed')).toMatchObject([{ verdict: 'ok', summary: 'web-2 was restarted', result: null }]);
    expect(ran.of('step.result').at(-1)).toMatchObject({ step: 'one', finding: { summary: 'web-2 was restarted' } });
  });

  it('of a look gives its result to the steps after it', async () => {
    const called = say.call('cpu', 'CPU', { procedure: cpu(() => 90), input: () => ({ id: 'web-2' }) });
    const after = check('after', ({ read, seen: see }) =>
      seen('ok', `${read(called).id}: ${read(called).percent}, ${see(called)?.verdict}`),
    );
    const { of } = await run([called, after]);
    expect(of('call.closed')).toMatchObject([{ verdict: 'critical', result: { id: 'web-2', percent: 90 } }]);
    expect(of('step.result').at(-1)).toMatchObject({ finding: { summary: 'web-2: 90, critical' } });
  });

  it('has data of its own each time the same procedure is called', async () => {
    const procedure = cpu((id) => (id === 'web-1' ? 10 : 20));
    const one = say.call('one', 'CPU', { procedure, input: () => ({ id: 'web-1' }) });
    const two = say.call('two', 'CPU', { procedure, input: () => ({ id: 'web-2' }) });
    const after = check('after', ({ read }) => seen('ok', `${read(one).percent} ${read(two).percent}`));
    const { of } = await run([one, two, after]);
    expect(of('step.result').at(-1)).toMatchObject({ finding: { summary: '10 20' } });
  });

  it('takes its input as its schema has parsed it, and evaluates it once', async () => {
    let evaluated = 0;
    const input = () => ({ id: `web-${++evaluated}`, more: 'than it declares' });
    const callee = restarting([check('who', (context) => seen('ok', JSON.stringify(context.input)))]);
    const { of } = await run([callOf(callee, 'one', input)]);
    expect(of('call.opened')).toMatchObject([{ input: { id: 'web-1' } }]);
    expect(of('step.result')[0]).toMatchObject({ finding: { summary: '{"id":"web-1"}' } });
  });

  it('with an input that its schema refuses is an internal error, and nothing of it is begun', async () => {
    const called = callOf(restarting(), 'one', () => ({ id: 7 }) as never);
    const { outcome, of } = await run([called, action('later')]);
    expect(outcome).toMatchObject({ status: 'failed', undone: ['Restart web-2', 'Restart later'] });
    expect(outcome.summary).toMatch(/^Internal error \(a bug in rb\): the data of "Restart web-2" is not .*: id: /);
    expect(of('call.opened')).toEqual([]);
  });

  it('is worth the worst of its last looks, and without a summary says what that was', async () => {
    const callee = restarting([check('a', () => seen('ok', 'a is fine')), check('b', () => seen('warn', 'b is slow'))]);
    const { of } = await run([callOf(callee)]);
    expect(of('call.closed')).toMatchObject([{ verdict: 'warn', summary: 'b is slow' }]);
  });

  it('is passed over where its condition does not hold', async () => {
    const called = say.call('one', 'One', {
      when: () => false,
      procedure: restarting(),
      input: () => expect.unreachable(),
    });
    const ran = await run([called]);
    expect(results(ran)).toEqual([['one', 'skipped']]);
  });

  it('has marks of its own, and every step of a session another one', async () => {
    const marks: string[] = [];
    const marking = () =>
      action('restart', {
        apply: async ({ mark }) => void marks.push(mark),
      });
    const { of } = await run([marking(), callOf(restarting([marking()])), callOf(restarting([marking()]), 'two')], {
      prompts: person(true, true, true),
    });
    expect(marks).toHaveLength(3);
    expect(new Set(marks).size).toBe(3);
    expect(marks).toEqual(of('step.intent').map(({ n }) => `s1/${n}`));
  });
});

const shownOf = (id: string) => [
  `call.opened now/${id}`,
  `step.started now/${id}/usage`,
  `step.result now/${id}/usage`,
  `call.closed now/${id}`,
  `step.result now/${id}`,
];

const beside = (turns: Readonly<Record<string, number>>) =>
  Object.entries(turns).map(([id, count]) =>
    say.call(id, id, {
      procedure: cpu(async () => {
        for (let turn = 0; turn < count; turn++) await Promise.resolve();
        return count;
      }),
      input: () => ({ id }),
    }),
  );

describe('looks that are called side by side', () => {
  it('are each shown as a whole, in their order', async () => {
    const ran = await run(looking([say.parallel('now', 'Now', beside({ slow: 50, quick: 1, middling: 20 }))]));
    expect(
      ran.events.flatMap((event) =>
        'step' in event && !(event.type === 'step.started' && event.step.split('/').length === 2)
          ? [`${event.type} ${event.step}`]
          : [],
      ),
    ).toEqual(['slow', 'quick', 'middling'].flatMap(shownOf));
    expect(ran.outcome).toMatchObject({
      status: 'done',
      summary: 'slow is at 50 %. quick is at 1 %. middling is at 20 %.',
    });
  });
});

const down = () => action('restart', { verify: async () => seen('critical', 'web-2 is down') });

const failing = () =>
  callOf(
    restarting([action('drain'), down(), action('fill')], {
      stateLeft: ({ input }) => `${input.id} is drained.`,
      afterFailure: ({ input, failed }) => [`rb restart --instance ${input.id} # ${failed?.step.title}`],
    }),
  );

describe('a call that fails', () => {
  it('says what is left from the inside out', async () => {
    const { outcome } = await run([action('first'), failing(), action('later')], {
      tail: {
        stateLeft: () => 'The pool is as it was.',
        afterFailure: ({ failed }) => [`rb health # ${failed?.step.title}`],
      },
    });
    expect(outcome).toMatchObject({
      status: 'failed',
      applied: 2,
      summary: 'web-2 is down.\nweb-2 is drained.\nThe pool is as it was.',
      undone: ['Restart restart', 'Restart fill', 'Restart later'],
      next: ['rb restart --instance web-2 # Restart restart', 'rb health # Restart web-2'],
    });
  });

  it('counts with what it found', async () => {
    const { outcome } = await run([check('a', () => seen('ok')), failing()]);
    expect(outcome.verdict).toBe('critical');
  });

  it('says nothing of a call that has changed nothing', async () => {
    const callee = restarting([check('ready', () => seen('critical', 'web-2 is busy'), 'precondition')], {
      stateLeft: () => expect.unreachable(),
    });
    const { outcome } = await run([action('first'), callOf(callee)], { tail: { stateLeft: () => 'One is new.' } });
    expect(outcome).toMatchObject({
      status: 'refused',
      summary: 'web-2 is busy. This step was not done. Done before it: 1.\nOne is new.',
      next: ['rb resume s1'],
    });
  });
});

describe('the sentence of a procedure', () => {
  it.each<[string, () => string]>([
    [
      'reads what could not be seen',
      () => {
        throw unreachable();
      },
    ],
    [
      'has a bug',
      () => {
        throw new TypeError('x is not a function');
      },
    ],
  ])('that %s does not hide what was done', async (_, summary) => {
    const { outcome, of } = await run([callOf(restarting(undefined, { summary }))], { tail: { summary } });
    expect(of('call.closed')).toMatchObject([{ summary: 'restart is healthy' }]);
    expect(outcome).toMatchObject({ status: 'done', applied: 1, undone: [] });
  });
});

describe('a stop inside a call', () => {
  it('begins no step of any call, and says what is left from the inside out', async () => {
    const stop = createStop();
    const inner = restarting(
      [action('drain', { apply: async () => void stop.request(ctrlC()) }), action('restart'), action('fill')],
      { stateLeft: ({ input }) => `${input.id} is drained.`, afterFailure: () => expect.unreachable() },
    );
    const middle = procedure({
      ...header,
      id: 'middle',
      title: 'Middle',
      steps: () => ({ steps: [callOf(inner), action('between')], stateLeft: () => 'The middle is half done.' }),
    });
    const outer = say.call('outer', 'Outer', { procedure: middle, input: () => ({ id: 'x' }) });
    const ran = await run([outer, action('later')], { stop, prompts: person(true) });
    expect(results(ran)).toEqual([
      ['outer/one/drain', 'ok'],
      ['outer/one', 'interrupted'],
      ['outer', 'interrupted'],
    ]);
    expect(ran.outcome).toMatchObject({
      status: 'interrupted',
      applied: 1,
      summary: 'Stopped by the operator.\nweb-2 is drained.\nThe middle is half done.',
      undone: ['Restart restart', 'Restart fill', 'Restart between', 'Restart later'],
      next: ['rb resume s1'],
    });
  });
});
