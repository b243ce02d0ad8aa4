import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import { action, check, look, looking, procedure, results, run, say, seen, unreachable } from './rig.ts';
import { header, cpu, cannotSee } from './called.ts';

const blind = (more: object = {}) =>
  say.call('cpu', 'CPU', { procedure: cpu(cannotSee), input: () => ({ id: 'web-2' }), ...more });

describe('a call of a look that cannot see', () => {
  it('is unknown in a procedure that changes something, and leaves nothing undone', async () => {
    const ran = await run([blind(), action('app-1')]);
    expect(results(ran)).toEqual([
      ['cpu/usage', 'failed'],
      ['cpu', 'ok'],
      ['app-1', 'ok'],
    ]);
    expect(ran.of('step.result')[1]).toMatchObject({
      finding: { verdict: 'unknown', summary: 'cannot see: metrics.example.org does not answer' },
    });
    expect(ran.outcome).toMatchObject({ status: 'done', verdict: 'unknown', undone: [], applied: 1 });
  });

  it('ends a look, and is unknown there where it is tolerant', async () => {
    const { outcome } = await run(looking([blind(), check('more', () => seen('ok'))]));
    expect(outcome).toMatchObject({ status: 'unreachable', undone: ['CPU', 'Look at more'] });
    const tolerant = await run(looking([blind({ tolerant: true }), check('more', () => seen('ok'))]));
    expect(tolerant.outcome).toMatchObject({ status: 'unseen', verdict: 'unknown', undone: [] });
  });

  it('has no result: a step that must have it is refused, and says why', async () => {
    const called = blind();
    const { outcome } = await run([called, check('after', ({ read }) => seen('ok', read(called).id)), action('app-1')]);
    expect(outcome).toMatchObject({
      status: 'refused',
      summary: '"CPU" could not be seen: metrics.example.org does not answer. Nothing was done.',
      undone: ['Look at after', 'Restart app-1'],
    });
  });

  it('gives no advice when something else fails later', async () => {
    const { outcome } = await run([blind(), action('app-1', { verify: async () => seen('critical', 'down') })]);
    expect(outcome).toMatchObject({ status: 'failed', next: [] });
  });

  it('does not hide what a step beside it left undone', async () => {
    const late = say.call('late', 'Late', {
      tolerant: true,
      procedure: cpu(async () => {
        for (let turn = 0; turn < 50; turn++) await Promise.resolve();
        throw unreachable();
      }),
      input: () => ({ id: 'web-2' }),
    });
    const failing = check('early', () => Promise.reject(unreachable()));
    const { outcome } = await run(looking([say.parallel('now', 'Now', [failing, late])]));
    expect(outcome).toMatchObject({ status: 'unreachable', undone: ['Look at early'] });
  });
});

const needy = () =>
  procedure({
    ...header,
    id: 'restart.needy',
    title: 'Restart',
    needs: { workload: 'required' },
    steps: () => ({ steps: [action('restart')] }),
  });

const needyCall = (more: object = {}) =>
  say.call('one', 'Restart web-2', { procedure: needy(), input: () => ({ id: 'web-2' }), ...more });

describe('a call whose procedure needs a port that is not configured', () => {
  it('is refused before the first step', async () => {
    const { outcome, of } = await run([check('a', () => expect.unreachable()), needyCall()]);
    expect(outcome).toMatchObject({
      status: 'usage',
      summary: 'This cannot be run here: no workload is configured.',
      undone: ['Look at a', 'Restart web-2'],
    });
    expect(of('step.started')).toEqual([]);
  });

  it('also where it is called by a procedure that is called', async () => {
    const between = procedure({
      ...header,
      id: 'between',
      title: 'Between',
      needs: { workload: 'optional' },
      steps: () => ({ steps: [needyCall()] }),
    });
    const outer = say.call('outer', 'Outer', { procedure: between, input: () => ({ id: 'x' }) });
    const { outcome, of } = await run([outer]);
    expect(outcome.summary).toBe('This cannot be run here: no workload is configured.');
    expect(of('step.started')).toEqual([]);
  });

  it('is refused when it is reached, where it has a condition', async () => {
    const skipped = await run([needyCall({ when: () => false }), action('app-1')]);
    expect(skipped.outcome.status).toBe('done');
    const reached = await run([action('app-1'), needyCall({ when: () => true })]);
    expect(reached.outcome).toMatchObject({
      status: 'usage',
      summary:
        '"Restart web-2" is not available: no workload is configured. This step was not done. Done before it: 1.',
    });
  });

  it('is unknown where it is a tolerant look', async () => {
    const blind = look({
      ...header,
      id: 'look.blind',
      title: 'Look',
      needs: { metrics: 'required' },
      result: z.null(),
      steps: () => ({ steps: [check('a', () => expect.unreachable())], result: () => null }),
    });
    const called = say.call('blind', 'CPU', { procedure: blind, tolerant: true, input: () => ({ id: 'x' }) });
    const { outcome } = await run(looking([called, check('more', () => seen('ok'))]));
    expect(outcome).toMatchObject({ status: 'unseen', summary: 'cannot see: no metrics is configured.' });
  });
});

/** One call for each item, which restarts it; `callee` has the steps of each. */
