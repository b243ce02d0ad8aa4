import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUnfinished } from '../../src/engine/session/session-state.ts';
import { times } from '../layers.ts';
import { calm } from './generated-run.ts';
import type { Circumstances } from './generated-run.ts';
import { durableIn, finish, killed, momentsAfter, mustHaveEndedWell, newSession, resume } from './generated-session.ts';
import type { Ran, Session } from './generated-session.ts';
import { framesAround, isUndo } from './places.ts';
import { inPercent, isWhole, random } from './random.ts';
import { callsTakenBack } from './resume-invariants.ts';
import { saying } from './saying.ts';
import { anyProcedure, lacking } from './trees.ts';

/** What surrounds a session that is killed: the first run and, where it is killed twice, the second. */
const anySurroundings = fc.record({
  choice: fc.nat(5),
  thinksMs: fc.constantFrom(0, 60_000),
  no: inPercent(25, fc.nat(12)),
  ctrlC: inPercent(15, fc.nat(16)),
  stopAt: inPercent(25, fc.nat(160)),
  /** Chooses where the second kill is, and what a power cut leaves. */
  chance: fc.nat(1_000_000),
});
type Surroundings = typeof anySurroundings extends fc.Arbitrary<infer T> ? T : never;

const faulty = ({ choice, thinksMs, no, ctrlC, stopAt }: Surroundings): Circumstances => ({
  ...calm,
  mood: 'faulty',
  person: { choice, thinksMs, ...(no === undefined ? {} : { no }), ...(ctrlC === undefined ? {} : { ctrlC }) },
  stop: stopAt === undefined ? undefined : { at: stopAt },
});

const unattended: Circumstances = {
  ...calm,
  person: undefined,
  given: { yes: true, confirm: 'shop/staging', answers: new Map() },
};

/** A repeatable choice of 0 to below `n`. */
const chooser = (seed: number) => {
  let state = seed;
  return (n: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
};

const killsIn = {
  all: 0,
  twice: 0,
  byAPowerCut: 0,
  afterTheWorldHadChanged: 0,
  inACall: 0,
  inACallOfACall: 0,
  inAnUndo: 0,
  inTakingACallBack: 0,
};
const ends = { done: 0, failed: 0, settledAsDone: 0, settledAsNotDone: 0 };

const countKill = ({ log, history, places }: Session): void => {
  const last = log.at(-1);
  const path = last && 'step' in last ? last.step : '';
  const depth = framesAround(places, path).length;
  killsIn.all++;
  if (depth > 0) killsIn.inACall++;
  if (depth > 1) killsIn.inACallOfACall++;
  if (isUndo(path)) killsIn.inAnUndo++;
  if (history && callsTakenBack(history).length > 0) killsIn.inTakingACallBack++;
};

const countEnd = (left: Session, { before, run, after }: Ran): void => {
  if (run.end.outcome.status === 'done') ends.done++;
  else ends.failed++;
  for (const { id, unsettled } of left.history?.steps.values() ?? []) {
    if (!unsettled) continue;
    const again = [...before.log.slice(left.log.length), ...run.events];
    if (again.some((event) => event.type === 'step.intent' && event.step === id)) ends.settledAsNotDone++;
    else if (after.steps.get(id)?.result === 'ok') ends.settledAsDone++;
  }
};

/** Goes on with what a kill has left; one of four is killed once more on the way. */
const goOn = async (left: Session, surroundings: Surroundings, chance: (n: number) => number): Promise<void> => {
  if (!left.history || !isUnfinished(left.history)) return;
  countKill(left);
  let present = left;
  if (chance(4) === 0) {
    // Nobody may be there to answer, and nothing be within reach.
    const others = [unattended, { ...unattended, blind: true }, { ...calm, blind: true }];
    const surrounded = others[chance(6)] ?? faulty(surroundings);
    const second = await resume({ ...left, world: left.world.at(left.world.entries.length) }, surrounded);
    const records = 1 + chance(second.run.events.length);
    const moments = momentsAfter(second, records);
    present = killed(second, records, moments[chance(moments.length)] ?? second.before.world.entries.length);
    killsIn.twice++;
    if (!present.history || !isUnfinished(present.history)) return;
  }
  const ended = await finish(present);
  mustHaveEndedWell(ended);
  countEnd(present, ended);
};

describe('a session that is killed at any record', () => {
  it('is brought to its end without doing anything twice', async () => {
    await fc.assert(
      fc.asyncProperty(anyProcedure, anySurroundings, async (tree, surroundings) => {
        if (lacking(tree.steps)) return;
        const chance = chooser(surroundings.chance);
        let when = 'in the first run';
        const everyKill = async () => {
          const ran = await resume(newSession(tree), faulty(surroundings));
          const { events } = ran.run;
          for (let records = 1; records <= events.length; records++) {
            for (const [later, moment] of momentsAfter(ran, records).entries()) {
              when = `after ${records} of ${events.length} records${later ? ', when the world had changed' : ''}`;
              killsIn.afterTheWorldHadChanged += later;
              // oxlint-disable-next-line no-await-in-loop -- one session at a time
              await goOn(killed(ran, records, moment), surroundings, chance);
            }
          }
          // A power cut takes what was not synced.
          const written = 1 + chance(events.length);
          const durable = durableIn(events.slice(0, written));
          const left = Math.max(1, durable + chance(written - durable + 1));
          when = `by a power cut after ${written} records, of which it left ${left}`;
          killsIn.byAPowerCut++;
          await goOn(killed(ran, left, momentsAfter(ran, written).at(-1) ?? 0), surroundings, chance);
        };
        await saying(tree, () => ({ killed: when, ...surroundings }), everyKill);
      }),
      random(times({ usually: 60, long: 1000 })),
    );
    if (process.env['RB_FIGURES']) process.stderr.write(`${JSON.stringify({ ...killsIn, ...ends })}\n`);
    if (isWhole)
      for (const [what, count] of Object.entries({ ...killsIn, ...ends })) expect(count, what).toBeGreaterThan(0);
  });
});
