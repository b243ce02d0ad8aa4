import { describe, expect, it } from 'vitest';
import type { ReadStep, Step } from '../../src/engine/procedure/step.ts';
import { action, changing, check, look, looking, say, seen } from './rig.ts';

// What the compiler catches is in typed-steps.ts; what only building can catch is here.

const asking = (options: Readonly<Record<string, readonly Step[]>>, id = 'next') =>
  say.decision(id, 'Next', {
    question: 'What next?',
    options: Object.fromEntries(Object.entries(options).map(([one, steps]) => [one, { title: one, steps }])),
    advise: () => undefined,
  });
const ready = (id = 'ready') => check(id, () => seen('ok'));
const [one] = [ready()];

describe('a tree in which one step could be taken for another is refused when it is built', () => {
  it.each<[string, readonly Step[], string]>([
    ['the same step twice', [one, say.parallel('now', 'Now', [one])], '"ready" stands in two places'],
    ['the same step in two options', [asking({ yes: [one], no: [one] })], '"ready" stands in two places'],
    ['the same step before a question and behind it', [one, asking({ yes: [one] })], '"ready" stands in two places'],
    ['two steps of one id', [ready(), action('ready')], 'two steps beside each other are called "ready"'],
    ['two of one id side by side', [say.parallel('now', 'Now', [ready(), ready()])], 'called "ready"'],
    ['two of one id behind a question', [asking({ yes: [ready(), ready()] })], 'called "ready"'],
    ['an id with a slash', [ready('a/b')], '"a/b" is not a step id'],
    ['an id in capitals', [ready('Ready')], '"Ready" is not a step id'],
    ['an id that begins with a digit', [ready('1st')], '"1st" is not a step id'],
    ['an empty id', [ready('')], '"" is not a step id'],
    ['an id that stands deep', [asking({ yes: [asking({ no: [ready('x y')] }, 'inner')] })], '"x y" is not a step id'],
    ['the id of the question after a failed call', [ready('take-back')], '"take-back" is the question after a call'],
    ['an option whose id is not one', [asking({ 'Yes!': [] })], '"Yes!" is not the id of an option'],
  ])('%s', (_, steps, sentence) => {
    expect(() => changing(steps)).toThrow(TypeError);
    expect(() => changing(steps)).toThrow(`restart.rolling: `);
    expect(() => changing(steps)).toThrow(sentence);
  });

  it('a look too', () => {
    const twice: readonly ReadStep[] = [ready(), ready()];
    expect(() => looking(twice)).toThrow('two steps beside each other are called "ready"');
  });

  it('and not one in which equal ids stand apart', () => {
    const steps = [ready(), asking({ ready: [ready()], 'go-on-2': [ready()] })];
    expect(() => changing(steps)).not.toThrow();
  });
});

it('the steps of a procedure are evaluated once, when it is built', () => {
  let evaluated = 0;
  const built = look({
    id: 'look.once',
    section: '4',
    title: 'Once',
    purpose: 'It is looked at.',
    needs: { metrics: 'required', logs: 'optional' },
    input: looking([]).input,
    result: looking([]).result as never,
    steps: () => {
      evaluated += 1;
      return { steps: [], result: () => null };
    },
  });
  expect(evaluated).toBe(1);
  expect(built).toMatchObject({ needs: ['metrics', 'logs'], required: ['metrics'], does: 'reads' });
});

describe('calls inside each other', () => {
  const nested = (depth: number): ReturnType<typeof looking> =>
    depth === 0
      ? looking([ready()])
      : looking([say.call('inner', 'Inner', { procedure: nested(depth - 1), input: () => ({}) })]);

  it('are built eight deep, and no deeper', () => {
    expect(() => nested(8)).not.toThrow();
    expect(() => nested(9)).toThrow('its calls are more than 8 deep');
  });
});
