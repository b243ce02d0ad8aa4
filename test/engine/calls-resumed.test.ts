import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/engine/session/events.ts';
import type { Step } from '../../src/engine/procedure/step.ts';
import { action, check, cutAfter, intentOf, person, resultOf, results, resume, run, say, seen } from './rig.ts';
import { restarting, callOf, cpu, cannotSee, idOf, listing } from './called.ts';

const looksAtLoad = (list: string[]) => [check('load', (context) => (list.push(idOf(context)), seen('ok')))];

const lookAndRestart = (percent: () => number | Promise<number>) => [
  say.call('cpu', 'CPU', { procedure: cpu(percent), input: () => ({ id: 'web-2' }) }),
  action('app-1'),
];

const listingOne = (restarted: string[], input: () => { readonly id: string }, inner: readonly Step[] = []) => [
  callOf(restarting([...inner, listing(restarted), action('after')]), 'one', input),
];

const begunUntil = async (fits: Parameters<typeof cutAfter>[1], inner: readonly Step[] = []) => {
  const { events } = await run(
    listingOne([], () => ({ id: 'web-2' }), inner),
    { prompts: person(true, true) },
  );
  return cutAfter(events, fits);
};

describe('a call in a resumed session', () => {
  it('goes on with the input it began with', async () => {
    const log = await begunUntil((event) => event.type === 'call.opened');
    const restarted: string[] = [];
    const { of } = await resume(
      listingOne(restarted, () => expect.unreachable()),
      log,
    );
    expect(restarted).toEqual(['web-2']);
    expect(of('call.opened')).toMatchObject([{ input: { id: 'web-2' } }]);
  });

  it('that has not begun gets its input again', async () => {
    const log = await begunUntil((event) => event.type === 'session.opened');
    const restarted: string[] = [];
    await resume(
      listingOne(restarted, () => ({ id: 'web-3' })),
      log,
    );
    expect(restarted).toEqual(['web-3']);
  });

  it('does not run again what is done in it, and keeps the evidence that it rests on', async () => {
    const log = await begunUntil(resultOf('one/restart'), looksAtLoad([]));
    const restarted: string[] = [];
    const looked: string[] = [];
    const ran = await resume(
      listingOne(restarted, () => expect.unreachable(), looksAtLoad(looked)),
      log,
    );
    expect([restarted, looked]).toEqual([[], []]);
    expect(ran.outcome).toMatchObject({ status: 'done', applied: 2 });
    expect(results(ran)).toEqual([
      ['one/after', 'ok'],
      ['one', 'ok'],
    ]);
  });

  it('that has ended is not run again; what its result was is read from the record', async () => {
    const looked: string[] = [];
    const steps = () => {
      const called = say.call('cpu', 'CPU', {
        procedure: cpu((id) => (looked.push(id), 90)),
        input: () => ({ id: 'web-2' }),
      });
      return [called, action('app-1'), check('after', ({ read }) => seen('ok', `${read(called).percent}`))];
    };
    const log = cutAfter((await run(steps())).events, intentOf('app-1'));
    const { of, outcome } = await resume(steps(), log);
    expect(looked).toEqual(['web-2']);
    expect(of('step.result').at(-1)).toMatchObject({ step: 'after', finding: { summary: '90' } });
    expect(outcome).toMatchObject({ status: 'done', verdict: 'critical' });
  });

  it('that could not see is unknown again, where a change rests on that', async () => {
    const log = cutAfter((await run(lookAndRestart(cannotSee))).events, intentOf('app-1'));
    const { outcome } = await resume(
      lookAndRestart(() => expect.unreachable()),
      log,
    );
    expect(outcome).toMatchObject({ status: 'done', verdict: 'unknown' });
  });

  it.each<[string, (event: Event) => Event, string]>([
    [
      'input',
      (event) => (event.type === 'call.opened' ? { ...event, input: { name: 'web-2' } } : event),
      'What the record has of "Restart web-2" is not what this version of rb declares: id: ',
    ],
  ])('is refused where the recorded %s does not fit', async (_, tamper, sentence) => {
    const log = (await begunUntil(resultOf('one/restart'))).map(tamper);
    const { outcome } = await resume(
      listingOne([], () => ({ id: 'web-2' })),
      log,
    );
    expect(outcome).toMatchObject({ status: 'refused', applied: 1 });
    expect(outcome.summary).toContain(sentence);
    expect(outcome.summary).toMatch(/This step was not done\. Done before it: 1\.$/);
  });

  it('is refused where its recorded result does not fit', async () => {
    const log = cutAfter((await run(lookAndRestart(() => 90))).events, intentOf('app-1')).map((event) =>
      event.type === 'call.closed' ? { ...event, result: { id: 'web-2' } } : event,
    );
    const { outcome } = await resume(
      lookAndRestart(() => 90),
      log,
    );
    expect(outcome).toMatchObject({ status: 'refused', applied: 0, undone: ['CPU', 'Restart app-1'] });
    // That nothing was done cannot be said: an intent of the earlier run has no result yet.
    expect(outcome.summary).toMatch(/This step was not done\. What an earlier run began is not settled: 1\.$/);
    expect(outcome.summary).toContain(
      'What the record has of "CPU" is not what this version of rb declares: percent: ',
    );
  });

  it('is judged and taken back with what it had made before', async () => {
    const log = await begunUntil(resultOf('one/restart'));
    const { outcome } = await resume(
      [
        callOf(
          restarting([listing([]), action('after', { verify: async () => seen('critical', 'down') })], {
            stateLeft: ({ input }) => `${input.id} is half done.`,
          }),
        ),
      ],
      log,
    );
    expect(outcome).toMatchObject({ status: 'failed', applied: 1, summary: 'down.\nweb-2 is half done.' });
  });
});
