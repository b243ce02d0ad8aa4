import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import { action, answering, check, noFlags, person, run, say, seen, unreachable, yes } from './rig.ts';

const cannotSee = () => Promise.reject(unreachable());

const errors = check('errors', () => seen('warn', '40 errors'));
const decision = say.decision('how', 'How to go on', {
  question: 'Is the error rate rising?',
  options: {
    yes: { title: 'yes', steps: [action('app-1')] },
    no: { title: 'no', steps: [check('look', () => seen('ok'))] },
  },
  advise: (context) =>
    context.seen(errors)?.verdict === 'warn' ? { option: 'yes', because: '40 errors in 5 min' } : undefined,
});

describe('a decision', () => {
  it('is taken by the operator; the advice from the evidence is on record beside the answer', async () => {
    const { of, end } = await run([errors, decision], { prompts: person('no') });
    expect(of('answer')).toMatchObject([
      { step: 'how', answer: 'no', by: 'prompt', advice: 'yes: 40 errors in 5 min' },
    ]);
    expect(of('step.started').map((event) => event.step)).toEqual(['errors', 'how', 'how/no/look']);
    expect(end.outcome.status).toBe('done');
  });

  it('without evidence has no advice', async () => {
    const { of } = await run([decision], { prompts: person('no') });
    expect(of('answer')[0]).not.toHaveProperty('advice');
  });

  it('whose advice reads what could not be seen has none either', async () => {
    const counted = say.check('count', 'Count', { data: z.number(), look: cannotSee });
    const asking = say.decision('how', 'How to go on', {
      question: 'Is the error rate rising?',
      options: { yes: { title: 'yes', steps: [] }, no: { title: 'no', steps: [] } },
      advise: ({ read }) => (read(counted) > 3 ? { option: 'yes', because: 'there are many' } : undefined),
    });
    const { of, outcome } = await run([counted, asking], { prompts: person('no') });
    expect(of('answer')[0]).not.toHaveProperty('advice');
    expect(outcome.status).toBe('unseen');
  });

  it('is answered by --answer, and never by --yes', async () => {
    const answered = await run([decision], { given: answering({ how: 'yes' }) });
    expect(answered.of('answer')).toMatchObject([{ answer: 'yes', by: '--answer' }]);
    expect(answered.of('step.intent')).toMatchObject([{ step: 'how/yes/app-1' }]);
    const unanswered = await run([decision], { given: yes });
    expect(unanswered.end.outcome).toMatchObject({ status: 'usage', next: ['pass --answer how=<yes|no>'] });
  });

  it('without a terminal says what the evidence speaks for', async () => {
    const { end } = await run([errors, decision], { given: yes });
    expect(end.outcome.summary).toBe(
      '"Is the error rate rising?" needs an answer, and there is no terminal to ask at. Advice: yes, because 40 errors in 5 min. Nothing was done.',
    );
  });

  it('does not accept an answer that is not an option', async () => {
    const { end } = await run([decision], { given: answering({ how: 'maybe' }) });
    expect(end.outcome).toMatchObject({ status: 'usage', summary: '--answer how=maybe: the answers are yes, no.' });
  });

  it('that is not answered ends the procedure', async () => {
    const { end } = await run([decision, action('later')], { prompts: person(false) });
    expect(end.outcome).toMatchObject({ status: 'declined', undone: ['How to go on', 'Restart later'] });
  });

  it('shows its advice and its options in a dry run, and asks nobody', async () => {
    const { of } = await run([errors, decision], { dryRun: true, prompts: person() });
    expect(of('step.progress').map(({ note }) => note)).toEqual([
      'would ask: Is the error rate rising? Advice: yes: 40 errors in 5 min',
      '--answer how=yes: yes',
      '--answer how=no: no',
    ]);
    expect(of('change.planned')).toEqual([]);
    expect(of('answer')).toEqual([]);
  });

  it('plans the option that --answer names in a dry run', async () => {
    const given = { ...noFlags, answers: new Map([['how', 'yes']]) };
    const { of, end } = await run([errors, decision], { dryRun: true, given });
    expect(of('change.planned')).toMatchObject([{ step: 'how/yes/app-1' }]);
    expect(of('answer')).toMatchObject([{ step: 'how', answer: 'yes', by: '--answer' }]);
    expect(of('step.intent')).toEqual([]);
    expect(of('plan.hash')).toHaveLength(1);
    expect(end.outcome.status).toBe('done');
  });

  it('does not accept one in a dry run either', async () => {
    const given = answering({ how: 'maybe' }, noFlags);
    const { end } = await run([decision], { dryRun: true, given });
    expect(end.outcome).toMatchObject({ status: 'usage', summary: '--answer how=maybe: the answers are yes, no.' });
  });
});

const manual = say.manual('lb', 'Drain', { instruction: 'Drain the balancer' });

describe('a manual step', () => {
  it.each(['done', 'skipped'])('can be %s, with a note', async (answer) => {
    const { of, end } = await run([manual], { prompts: person(answer) });
    expect(of('answer')).toMatchObject([{ step: 'lb', answer, note: `${answer} by hand`, by: 'prompt' }]);
    expect(of('step.result')).toMatchObject([{ result: answer === 'done' ? 'ok' : 'skipped' }]);
    expect(end.outcome.status).toBe('done');
  });

  it('that is neither ends the procedure', async () => {
    const { end } = await run([manual, action('app-1')], { prompts: person(false) });
    expect(end.outcome).toMatchObject({ status: 'declined', undone: ['Drain', 'Restart app-1'] });
  });

  it('without a terminal needs its answer', async () => {
    const none = await run([manual], { given: noFlags });
    expect(none.end.outcome).toMatchObject({ status: 'usage', next: ['pass --answer lb=<done|skipped>'] });
    const done = await run([manual], { given: answering({ lb: 'done' }, noFlags) });
    expect(done.end.outcome.status).toBe('done');
    const wrong = await run([manual], { given: answering({ lb: 'later' }, noFlags) });
    expect(wrong.end.outcome.summary).toBe('--answer lb=later: the answers are done, skipped.');
  });
});
