import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { meaningOf } from '../../src/audit/meaning.ts';
import type { Event } from '../../src/engine/events.ts';
import type { JsonObject } from '../../src/engine/json.ts';
import { isUnfinished, sessionFrom } from '../../src/engine/session-state.ts';
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
