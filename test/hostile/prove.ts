import { appendFileSync } from 'node:fs';
import { times } from '../layers.ts';

const table = process.env['RB_PROVE'];
const { RB_HOSTILE: asked, RB_SEED: seed = '1' } = process.env;

/** The long layer and `npm run prove` run everything; `npm test` a small part, the first of each kind. */
export const share = (whole: number, part: number): number => times({ usually: part, long: whole });

/** What the answers of a peer are made from, and how many: `usually`, four times that in the long layer, and 2,000 in `npm run prove`. */
export const answersOf = (usually: number): readonly [seed: number, n: number] => [
  Number(seed),
  asked === undefined ? times({ usually, long: 4 * usually }) : Number(asked),
];

/** Hostile answers that are played side by side: those that trickle only wait for the time limit. */
export const atOnce = 8;

/** Adds a line to the table of `npm run prove`. */
export const tried = (what: string, count: number, broken: readonly string[]): void => {
  if (table !== undefined) appendFileSync(table, `${JSON.stringify({ what, count, broken: broken.length })}\n`);
};
