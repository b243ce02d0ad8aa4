import { describe, expect, it } from 'vitest';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Finding } from '../../src/engine/finding.ts';
import * as z from 'zod/mini';
import type { Json } from '../../src/engine/json.ts';
import type { Context } from '../../src/engine/procedure/context.ts';
import type { WatchSpec } from '../../src/engine/procedure/specs.ts';
import { createStop } from '../../src/engine/session/stop.ts';
import { action, check, ctrlC, fakeClock, looking, run, say, seen } from './rig.ts';
import type { Ports } from './rig.ts';

/** Ten samples in ten seconds; the verdict is about the last one. */
const watch = (judge: (samples: number) => Finding, more: Partial<WatchSpec<Json, Ports, number>> = {}) =>
  say.watch('watch', 'Watch the error rate', {
    data: z.number(),
    everyMs: () => 1000,
    forMs: () => 9000,
    endsWhenCritical: true,
    sample: (context) => context.clock.monotonic(),
    judge: (_, samples) => judge(samples.length),
    ...more,
  });
/** Ten samples in ten seconds, none of them before `until` milliseconds once the first was taken. */
const blindUntil = (until: number) =>
  watch(() => seen('ok'), {
    sample: async ({ clock }) => {
      if (clock.monotonic() > 0 && clock.monotonic() < until)
        throw new RunbookError('unreachable', 'the cluster does not answer');
      return clock.monotonic();
    },
  });

const neverSeen = () => Promise.reject(new RunbookError('unreachable', 'the cluster does not answer'));
const later = check('later', () => seen('ok'));

describe('a watch', () => {
  it('takes all its samples, and its last finding counts', async () => {
    const { end, of, clock } = await run(looking([watch((n) => seen(n === 10 ? 'warn' : 'ok', `sample ${n}`))]));
    expect(end.outcome).toMatchObject({ status: 'done', summary: 'sample 10.' });
    expect(of('sample').map((event) => event.sample)).toEqual([
      0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000,
    ]);
    expect(clock.monotonic()).toBe(9000);
  });

  it('keeps as many samples for its judgement as it says', async () => {
    const judged: number[] = [];
    const count = (samples: number) => {
      judged.push(samples);
      return seen('ok');
    };
    await run([watch(count, { keep: 3 })]);
    expect(judged).toEqual([1, 2, 3, 3, 3, 3, 3, 3, 3, 3]);
  });

  it('ends early when it is critical, as a failure', async () => {
    const { end, of } = await run([
      action('app-1'),
      watch((n) => seen(n === 3 ? 'critical' : 'ok', '5 % errors')),
      later,
    ]);
    expect(of('sample')).toHaveLength(3);
    expect(end.outcome).toMatchObject({
      status: 'failed',
      summary: 'Watch the error rate: 5 % errors.',
      undone: ['Watch the error rate', 'Look at later'],
    });
  });

  it('goes on where it is not to end at that', async () => {
    const { end, of } = await run([watch((n) => seen(n === 3 ? 'critical' : 'ok'), { endsWhenCritical: false })]);
    expect(of('sample')).toHaveLength(10);
    expect(end.outcome.status).toBe('done');
  });

  it('is ended by Ctrl-C, which leaves the change as it is and says so', async () => {
    const stop = createStop();
    const { end, of } = await run(
      [
        action('app-1'),
        watch((n) => {
          if (n === 2) stop.request(ctrlC());
          return seen('ok', '0 errors in 2 s');
        }),
      ],
      { stop },
    );
    expect(of('sample')).toHaveLength(2);
    expect(of('step.result').map((event) => [event.step, event.result])).toEqual([
      ['app-1', 'ok'],
      ['watch', 'interrupted'],
    ]);
    expect(end.outcome).toMatchObject({
      status: 'interrupted',
      undone: ['Watch the error rate'],
      next: ['rb resume s1'],
      summary:
        'Stopped by the operator. Only the watch has ended: the change stays as it is. Last seen: 0 errors in 2 s.',
    });
  });

  describe('of what cannot be seen for a while', () => {
    it('goes on, says so once, and ends when it has seen the end', async () => {
      const { end, of, clock } = await run([action('app-1'), blindUntil(30_000)]);
      expect(end.outcome.status).toBe('done');
      expect(of('sample').map(({ sample }) => sample)).toEqual([0, 30_000]);
      expect(of('step.progress').flatMap(({ note }) => note ?? [])).toEqual([
        'cannot see for now, and looks again for up to 60 s: the cluster does not answer',
      ]);
      expect(clock.monotonic()).toBe(30_000);
    });

    it('ends after a minute of that', async () => {
      const { end, clock } = await run([action('app-1'), blindUntil(1_000_000)]);
      expect(end.outcome).toMatchObject({
        status: 'unreachable',
        summary: 'the cluster does not answer. This step was not done. Done before it: 1.',
      });
      expect(clock.monotonic()).toBe(61_000);
    });

    it('ends at once where nothing has been seen yet', async () => {
      const { end, clock } = await run(looking([watch(() => seen('ok'), { sample: neverSeen })]));
      expect([end.outcome.status, clock.monotonic()]).toEqual(['unreachable', 0]);
    });
  });

  it('is only described in a dry run', async () => {
    const { of } = await run([watch(() => seen('ok'))], { dryRun: true });
    expect(of('sample')).toEqual([]);
    expect(of('step.progress')).toMatchObject([{ note: 'would watch every 1 s for 9 s' }]);
  });
});

describe('Ctrl-C while a change is under way', () => {
  it('once: the change is finished and verified, and nothing else begins', async () => {
    const stop = createStop();
    const { end, of } = await run([action('app-1', { apply: async () => void stop.request(ctrlC()) }), later], {
      stop,
    });
    expect(of('step.result')).toMatchObject([{ step: 'app-1', result: 'ok' }]);
    expect(end.outcome).toMatchObject({ status: 'interrupted', undone: ['Look at later'], next: ['rb resume s1'] });
  });

  it('twice: the outcome is unknown', async () => {
    const stop = createStop();
    const apply = async ({ clock, signal }: Context<Json, Ports>) => {
      expect(stop.request(ctrlC())).toBe('soft');
      expect(stop.request(ctrlC())).toBe('hard');
      await clock.sleep(1000, signal);
    };
    const { end, of } = await run([action('app-1', { apply }), later], { stop });
    expect(of('step.result')).toMatchObject([{ step: 'app-1', result: 'unknown' }]);
    expect(end.outcome).toMatchObject({
      status: 'unknown',
      undone: ['Restart app-1', 'Look at later'],
      next: ['rb resume s1'],
    });
  });

  it('twice, where the change was finished nevertheless: it is done', async () => {
    const stop = createStop();
    const apply = async () => stop.abort(ctrlC());
    const { end } = await run([action('app-1', { apply })], { stop });
    expect(end.outcome.status).toBe('done');
  });
});

const timeout = () => new RunbookError('failed', 'It took longer than --timeout 30s.');

describe('a time limit', () => {
  it('ends a read at once, as what it says it is', async () => {
    const stop = createStop();
    const slow = check('slow', async ({ clock, signal }) => {
      stop.abort(timeout());
      await clock.sleep(1000, signal);
      return seen('ok');
    });
    const { end, of } = await run([slow, later], { stop });
    expect(end.outcome).toMatchObject({
      status: 'failed',
      summary: 'It took longer than --timeout 30s.',
      undone: ['Look at slow', 'Look at later'],
    });
    expect(of('step.result')).toHaveLength(1);
  });

  it('leaves the outcome of a change under way unknown, and says why', async () => {
    const stop = createStop();
    const { end } = await run(
      [
        action('app-1', {
          apply: async ({ clock, signal }) => {
            stop.abort(timeout());
            await clock.sleep(1000, signal);
          },
        }),
      ],
      { stop },
    );
    expect(end.outcome.status).toBe('unknown');
    expect(end.outcome.summary).toContain('It took longer than --timeout 30s.');
  });

  it('that has passed before anything began leaves everything undone', async () => {
    const stop = createStop();
    stop.abort(timeout());
    const clock = fakeClock();
    const { end, of } = await run([action('app-1'), later], { stop, clock });
    expect(end.outcome).toMatchObject({ status: 'failed', undone: ['Restart app-1', 'Look at later'] });
    expect(of('step.started')).toEqual([]);
  });
});
