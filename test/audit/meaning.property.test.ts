import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { meaningOf } from '../../src/audit/read/meaning.ts';
import type { Event } from '../../src/engine/session/events.ts';
import type { JsonObject } from '../../src/engine/json.ts';
import { isUnfinished, sessionFrom } from '../../src/engine/session/session-state.ts';
import { calm, runGenerated } from '../engine/generated-run.ts';
import { generate } from '../engine/generated-steps.ts';
import { inPercent, random } from '../engine/random.ts';
import { anyProcedure, lacking } from '../engine/trees.ts';
import { World } from '../engine/world.ts';

const anyRun = fc.record({
  faulty: fc.boolean(),
  choice: fc.nat(5),
  no: inPercent(25, fc.nat(12)),
  stopAt: inPercent(25, fc.nat(160)),
  /** How much of what the run records is on the disk when it is killed; nothing: it ends by itself. */
  killedAt: inPercent(70, fc.nat(200)),
});

test('whatever the engine records, however often it is killed and resumed, has a meaning', async () => {
  const seen = { sessions: 0, records: 0, resumed: 0, intents: 0 };
  await fc.assert(
    fc.asyncProperty(anyProcedure, fc.array(anyRun, { minLength: 1, maxLength: 4 }), async (tree, runs) => {
      if (lacking(tree.steps)) return;
      const generated = generate(tree);
      generated.world = new World();
      let log: readonly Event[] = [];
      for (const { faulty, choice, no, stopAt, killedAt } of runs) {
        if (log.length > 0 && !isUnfinished(sessionFrom(log))) break;
        const person = { choice, thinksMs: 0, ...(no === undefined ? {} : { no }) };
        const circumstances = {
          ...calm,
          mood: faulty ? ('faulty' as const) : ('healthy' as const),
          person,
          stop: stopAt === undefined ? undefined : { at: stopAt },
        };
        const { events } = await runGenerated(generated, circumstances, log.length > 0 ? sessionFrom(log) : undefined);
        log = [...log, ...events.slice(0, killedAt === undefined ? events.length : Math.max(1, killedAt))];
      }
      const meaning = meaningOf('s1');
      for (const [index, event] of log.entries()) {
        const meant = meaning.next(event as unknown as JsonObject);
        expect(meant, `record ${index + 1}: ${JSON.stringify(event).slice(0, 300)}`).toHaveProperty('event');
      }
      seen.sessions++;
      seen.records += log.length;
      seen.resumed += log.filter(({ type }) => type === 'session.resumed').length;
      seen.intents += log.filter(({ type }) => type === 'step.intent').length;
    }),
    random(300),
  );
  if (process.env['RB_FIGURES']) process.stderr.write(`${JSON.stringify(seen)}\n`);
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
});

test('a plan that an earlier change of the session has altered is the confirmed one, on that target alone', () => {
  const covers = ['a', 'b', 'c'].map((step) => ({ step, fingerprint: '1' }));
  const meaning = meaningOf('s1');
  const opened = sessionOpened();
  const confirmation = { type: 'confirmation', step: 'all', covers, tier: 'mild', decision: 'confirmed', by: 'prompt' };
  const at = { at: '2026-01-01T00:00:00.000Z', monotonicMs: 0 };
  const said = [
    opened,
    { ...confirmation, ...at },
    change('a', 'one', '1'),
    change('b', 'one', '2'),
    change('c', 'two', '2'),
  ]
    .map((event) => meaning.next(event as unknown as JsonObject))
    .map((meant) => (typeof meant === 'string' ? meant : 'fine'));
  expect(said).toEqual(['fine', 'fine', 'fine', 'fine', 'the change of c was not confirmed before it']);
});

const change = (step: string, target: string, fingerprint: string) => ({
  type: 'step.intent',
  step,
  n: 1,
  tier: 'mild',
  change: {
    summary: step,
    target: { provider: 'test', name: target },
    blastRadius: [],
    equivalent: [],
    undo: 'none',
    basis: {},
    affects: ['count'],
    data: null,
  },
  fingerprint,
  at: '2026-01-01T00:00:00.000Z',
  monotonicMs: 0,
});

const sessionOpened = () => ({
  type: 'session.opened',
  session: 's1',
  program: 'rb 0',
  procedure: { id: 'p', section: '0', title: 'P', does: 'changes', outline: [] },
  input: {},
  subject: { service: 'shop', environment: 'staging', protected: false },
  actor: { uid: 1, login: 'ann', host: 'laptop' },
  mode: 'interactive',
  configuration: {},
  at: '2026-01-01T00:00:00.000Z',
  monotonicMs: 0,
});
