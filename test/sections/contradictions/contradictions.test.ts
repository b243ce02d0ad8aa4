import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { random } from '../../engine/random.ts';
import { contradictionsIn } from './contradictions.ts';
import { looks } from './looks.ts';

const all = Object.entries(looks);
/** Of what the servers and platforms answer, over all looks. */
const sets = 10_000;

describe('no look contradicts itself: verdict, sentence, rows, advice and exit code', () => {
  test.for(all)('rb %s', async ([, cases]) => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ played, look }) => {
        const shown = await look();
        expect(contradictionsIn(shown, played), shown.finding.summary).toEqual([]);
      }),
      random(Math.ceil(sets / all.length)),
    );
  });
});
