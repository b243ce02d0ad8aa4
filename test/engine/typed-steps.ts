// The mistakes that the compiler must catch. This file is compiled and never run: where one of them compiles, `@ts-expect-error` does not.
import * as z from 'zod/mini';
import { actionSpec, change, Id, look, procedure, seen } from './rig.ts';

const header = { id: 'x', section: '', title: '', purpose: '', input: z.object({}) } as const;
const every = { workload: 'optional', metrics: 'optional', logs: 'optional' } as const;
const Size = z.object({ bytes: z.number() });

const reads = look({
  ...header,
  needs: { metrics: 'required' },
  input: Id,
  result: Size,
  steps: () => ({ steps: [], result: () => ({ bytes: 7 }) }),
});
const changes = procedure({
  ...header,
  needs: { workload: 'required' },
  input: Id,
  steps: () => ({ steps: [] }),
});

const logging = look({
  ...header,
  needs: { logs: 'optional' },
  input: Id,
  result: Size,
  steps: () => ({ steps: [], result: () => ({ bytes: 7 }) }),
});

export const ports = procedure({
  ...header,
  needs: { logs: 'optional', metrics: 'required' },
  steps: ({ check }) => {
    check('optional', 'It may not be configured', {
      // @ts-expect-error -- undefined where it is not
      look: async (context) => seen('ok', `${await (await context.ports.logs()).errors()}`),
    });
    check('required', 'It is there', {
      look: async (context) => seen('ok', `${Object.keys(await (await context.ports.metrics()).cpu()).length}`),
    });
    check('undeclared', 'It is no need', {
      // @ts-expect-error -- a port that is not among `needs`
      look: async (context) => seen('ok', `${await context.ports.workload()}`),
    });
    return { steps: [] };
  },
});

export const data = procedure({
  ...header,
  needs: every,
  steps: ({ check, action, each, decision, manual, watch }) => {
    check('undeclared', 'No schema', {
      // @ts-expect-error -- data that no schema declares
      look: () => ({ verdict: 'ok', summary: '', data: { n: 1 } }),
    });
    check('missing', 'No data', {
      data: Size,
      // @ts-expect-error -- declared data that is not given
      look: () => ({ verdict: 'ok', summary: '' }),
    });
    check('other', 'Other data', {
      data: Size,
      // @ts-expect-error -- not what the schema says
      look: () => ({ verdict: 'ok', summary: '', data: { bytes: 'many' } }),
    });
    check('date', 'A date', {
      // @ts-expect-error -- JSON does not keep it
      data: z.object({ at: z.date() }),
      // @ts-expect-error
      look: () => ({ verdict: 'ok', summary: '', data: { at: new Date() } }),
    });
    check('transformed', 'A schema that gives something else than it takes', {
      // @ts-expect-error -- parsed again on resume, it would take what it gave
      data: z.pipe(z.string(), z.transform(Number)),
      look: () => ({ verdict: 'ok', summary: '', data: 7 }),
    });
    check('verdict', 'A verdict that there is not', {
      // @ts-expect-error
      look: () => ({ verdict: 'fine', summary: '' }),
    });

    const plain = check('plain', 'Without data', { look: () => seen('ok') });
    const sized = check('sized', 'With data', {
      data: Size,
      look: () => ({ verdict: 'ok', summary: '', data: { bytes: 7 } }),
    });
    const done = action('done', 'An action', actionSpec('done'));
    const group = each('group', 'A group', { item: Id, items: () => [], action: ({ id }) => actionSpec(id) });
    const way = decision('way', 'A question', {
      question: '',
      options: { yes: { title: '', steps: [] }, no: { title: '', steps: [] } },
      // @ts-expect-error -- advice for an option that there is not
      advise: () => ({ option: 'maybe', because: '' }),
    });
    const person = manual('person', 'A person', { instruction: '' });
    const watched = watch('watched', 'A watch', {
      data: z.number(),
      everyMs: () => 1,
      forMs: () => 1,
      endsWhenCritical: true,
      // @ts-expect-error -- not what its schema says
      sample: () => 'one',
      judge: (_, samples) => seen('ok', samples.map((sample) => sample.toFixed()).join()),
    });
    check('reads', 'What can be read', {
      look: (context) => {
        const bytes: number = context.read(sized).bytes;
        const items: readonly { readonly id: string }[] = context.items(group);
        // @ts-expect-error -- a check without data
        context.read(plain);
        // @ts-expect-error -- an action: a check after it has data
        context.read(done);
        // @ts-expect-error -- a group has items
        context.read(group);
        // @ts-expect-error -- only a group has items
        context.items(sized);
        // @ts-expect-error -- a watch has a finding
        context.read(watched);
        // @ts-expect-error -- an object literal is not a step
        context.seen({ id: 'sized', title: 'With data' });
        // @ts-expect-error -- nor is its id
        context.read('sized');
        // @ts-expect-error -- an answer that is not an option
        const wrong = context.read(way) === 'maybe';
        // @ts-expect-error -- a person has done it, or skipped it
        const undone = context.read(person) === 'later';
        return seen('ok', [bytes, items.length, wrong, undone].join());
      },
    });
    return { steps: [plain, sized, done, group, way, person, watched] };
  },
});

export const actions = procedure({
  ...header,
  needs: every,
  steps: ({ action, each, parallel }) => {
    action('planned', 'Data that is not what `change` declares', {
      tier: 'mild',
      change: Size,
      // @ts-expect-error
      plan: async () => change('x', { data: { bytes: 'many' } }),
      apply: async () => undefined,
      verify: async () => seen('ok'),
    });
    action('receipt', 'A receipt, which is absent after a crash', {
      tier: 'mild',
      change: Size,
      plan: async () => ({ ...change('x'), data: { bytes: 7 } }),
      apply: async (_, planned) => ({ freed: planned.data.bytes }),
      // @ts-expect-error -- it may be undefined
      verify: async (_, planned, receipt) => seen('ok', `${receipt.freed} of ${planned.data.bytes}`),
    });
    action('undo', 'A way back that is not made by `undoAction`', {
      ...actionSpec('undo'),
      // @ts-expect-error
      undo: () => ({ id: 'back', title: 'Back' }),
    });
    action('tier', 'A tier that there is not', {
      ...actionSpec('tier'),
      // @ts-expect-error
      tier: 'harmless',
    });
    each('items', 'An item without an id', {
      // @ts-expect-error -- what is done to it is known by its id
      item: Size,
      items: () => [],
      action: () => actionSpec('a'),
    });
    const done = action('done', 'An action', actionSpec('done'));
    // @ts-expect-error -- only what reads may stand side by side
    parallel('beside', 'Side by side', [done]);
    return { steps: [done] };
  },
});

export const calls = procedure({
  ...header,
  needs: { workload: 'optional', metrics: 'optional' },
  steps: ({ call, eachCall, parallel, check }) => {
    const size = call('size', 'A look', { procedure: reads, input: () => ({ id: 'x' }) });
    const changed = call('changed', 'A change', { procedure: changes, input: () => ({ id: 'x' }) });
    call('input', 'Another input', {
      procedure: reads,
      // @ts-expect-error
      input: () => ({ name: 'x' }),
    });
    call('needs', 'A need', {
      // @ts-expect-error -- the callee needs the logs, and they are not named here
      procedure: logging,
      input: () => ({ id: 'x' }),
    });
    eachCall('every', 'Another input', {
      item: Id,
      items: () => [],
      procedure: changes,
      // @ts-expect-error
      input: ({ id }) => ({ name: id }),
    });
    parallel('looks', 'Looks side by side', [size]);
    // @ts-expect-error -- a call of what changes something
    parallel('beside', 'Side by side', [changed]);
    check('result', 'A result', {
      // @ts-expect-error -- not in the result of the look
      look: (context) => seen('ok', `${context.read(size).bytes}${context.read(size).files}`),
    });
    return { steps: [size, changed] };
  },
});

export const looks = [
  look({
    ...header,
    needs: { workload: 'required' },
    result: Size,
    // @ts-expect-error -- a look has no word for an action
    steps: ({ action }) => ({ steps: [], result: () => ({ bytes: action ? 1 : 0 }) }),
  }),
  look({
    ...header,
    needs: { workload: 'required' },
    result: Size,
    steps: ({ call }) => {
      // @ts-expect-error -- nor may it call what changes something
      call('change', 'A change', { procedure: changes, input: () => ({ id: 'x' }) });
      return { steps: [], result: () => ({ bytes: 7 }) };
    },
  }),
  look({
    ...header,
    needs: {},
    result: Size,
    // @ts-expect-error -- another result than it declares
    steps: () => ({ steps: [], result: () => ({ files: 7 }) }),
  }),
  procedure({
    ...header,
    needs: {},
    // @ts-expect-error -- what changes something has none
    steps: () => ({ steps: [], result: () => ({ bytes: 7 }) }),
  }),
];
