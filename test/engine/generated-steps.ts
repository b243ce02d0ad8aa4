import * as z from 'zod/mini';
import type { AnyFinding } from '../../src/engine/finding.ts';
import type { Json } from '../../src/engine/json.ts';
import { procedureFor } from '../../src/engine/procedure/build.ts';
import type { Reads } from '../../src/engine/procedure/context.ts';
import type { Filled, Step } from '../../src/engine/procedure/step.ts';
import { treeOf } from '../../src/engine/procedure/tree.ts';
import type { AnyProcedure } from '../../src/engine/procedure/tree.ts';
import type { Words } from '../../src/engine/procedure/words.ts';
import { ScriptedAction } from './generated-action.ts';
import { Data, Input, Item, Result } from './scripted.ts';
import type { Given, Ports, Scope } from './scripted.ts';
import type { ActionTree, CallTree, CheckTree, EachCallTree, EachTree, ProcedureTree, Tree } from './tree.ts';
import { join, World } from './world.ts';

/** A generated procedure, and the world that its steps look at and change. */
export interface Generated {
  readonly tree: ProcedureTree;
  readonly procedure: AnyProcedure;
  world: World;
  /** What its titles begin with, of each procedure in it. */
  readonly names: ReadonlyMap<ProcedureTree, string>;
}

export const generate = (tree: ProcedureTree): Generated => {
  const names = new Map<ProcedureTree, string>();
  const procedures = new Map<ProcedureTree, AnyProcedure>();
  const generated = { tree, names, world: new World() };
  const procedureOf = (one: ProcedureTree): AnyProcedure => {
    const known = procedures.get(one);
    if (known) return known;
    const name = `P${names.size}`;
    names.set(one, name);
    const made = new Building(generated, procedureOf).procedure(one, name);
    procedures.set(one, made);
    return made;
  };
  return Object.assign(generated, { procedure: procedureOf(tree) });
};

/** The id of an item has to be encoded in its path. */
export const itemId = (n: number): string => `i ${n}`;
const itemOf = (group: string, n: number): Item => ({ id: itemId(n), at: join(group, encodeURIComponent(itemId(n))) });

class Building extends ScriptedAction {
  private readonly procedureOf: (tree: ProcedureTree) => AnyProcedure;

  constructor(of: { readonly world: World }, procedureOf: (tree: ProcedureTree) => AnyProcedure) {
    super(of);
    this.procedureOf = procedureOf;
  }

  procedure(tree: ProcedureTree, name: string): AnyProcedure {
    const { look, procedure } = procedureFor<Ports>();
    const scope: Scope = { name, parent: '', filled: [], placed: [] };
    const says = tree.says && {
      summary: () => `${name} is done.`,
      stateLeft: async (context: Given) => {
        this.enter('stateLeft', context, context.input.at);
        return `${name} is half-way.`;
      },
      afterFailure: () => [`look at ${name}`],
    };
    const header = {
      id: name.toLowerCase(),
      section: '0',
      title: name,
      purpose: '',
      input: Input,
      needs: { here: 'required', down: 'required', gone: tree.lacks ? 'required' : 'optional' },
    } as const;
    if (tree.does === 'changes')
      return treeOf(
        procedure({ ...header, steps: (say) => ({ steps: this.steps(tree.steps, say as never, scope), ...says }) }),
      );
    return treeOf(
      look({
        ...header,
        result: Result,
        steps: (say) => ({
          steps: this.steps(tree.steps, say as never, scope) as never,
          result: (reads) => this.resultOf(scope, reads),
          ...says,
        }),
      }),
    );
  }

  private resultOf({ filled }: Scope, reads: Reads) {
    const check = filled.find(({ kind }) => kind === 'check');
    return check ? { from: (reads.read(check.step) as z.output<typeof Data>).at } : {};
  }

  private check(tree: CheckTree, rel: string, { name, filled, placed }: Scope) {
    const before = filled.at(-1);
    return {
      ...this.when(tree.when, ({ input }) => join(input.at, rel), { placed }),
      ...(tree.once ? { when: async () => this.of.world.nth(`once ${name}:${rel}`) === 1 } : {}),
      ...(tree.tolerant ? { tolerant: true } : {}),
      ...(tree.data ? { data: Data } : {}),
      ...(tree.replaces && before?.kind === 'check' ? { replaces: before.step } : {}),
      look: async (context: Given): Promise<AnyFinding> => {
        const { world } = this.of;
        const at = join(context.input.at, rel);
        this.enter('look', context, at);
        await Promise.resolve();
        this.perhaps(tree.look);
        if (tree.port) await context.ports[tree.port]();
        if (tree.reads) this.read(context, before);
        const verdict = this.verdict(tree.look);
        const data = { at, look: world.entries.length };
        if (tree.data) world.add({ is: 'gave', step: at, data });
        return { verdict, summary: `it is ${verdict}`, ...(tree.data ? { data } : {}) };
      },
    };
  }

  private items(tree: EachTree | EachCallTree, rel: string, count: number, scope: Scope) {
    return {
      ...this.when(tree.when, ({ input }) => join(input.at, rel), scope),
      item: Item,
      items: async (context: Given): Promise<readonly Item[]> => {
        const at = join(context.input.at, rel);
        this.enter('items', context, at);
        await Promise.resolve();
        this.perhaps(tree.items);
        return Array.from({ length: count }, (_, n) => itemOf(at, n));
      },
      titleOf: (item: Item) => `item ${item.at}`,
      ...(tree.before === undefined
        ? {}
        : {
            before: async (context: Given, item: Item): Promise<AnyFinding> => {
              this.enter('before', context, item.at);
              await Promise.resolve();
              this.perhaps(tree.before);
              const n = Number(item.id.slice(2));
              const verdict = n < tree.from ? 'ok' : this.verdict(tree.before ?? 'ok');
              this.of.world.add({ is: 'verdict', step: `${item.at}/before`, verdict });
              return { verdict, summary: 'before' };
            },
          }),
    };
  }

  private call(tree: CallTree, rel: string, scope: Scope) {
    const before = scope.filled.at(-1);
    return {
      ...this.when(tree.when, ({ input }) => join(input.at, rel), scope),
      ...(tree.tolerant ? { tolerant: true } : {}),
      ...(tree.replaces && (before?.kind === 'check' || before?.kind === 'call') ? { replaces: before.step } : {}),
      procedure: this.procedureOf(tree.callee),
      input: async (context: Given) => {
        const at = join(context.input.at, rel);
        this.enter('input', context, at);
        await Promise.resolve();
        this.perhaps(tree.input);
        const { drift } = this.of.world;
        const moved = drift?.step === at && this.of.world.nth(`input ${at}`) >= drift.from;
        return { at, ...(moved ? { edition: 2 } : {}) };
      },
    };
  }

  private steps(
    trees: readonly Tree[],
    say: Words<unknown, unknown, string>,
    scope: Scope,
    letter = 's',
  ): readonly Step[] {
    // Steps side by side read only what was there before them.
    const beside = letter === 'p' && { filled: [...scope.filled], placed: [...scope.placed] };
    return trees.map((tree, index) => {
      const id = `${letter}${index}`;
      const rel = join(scope.parent, id);
      const step = this.step(tree, id, rel, say, { ...scope, ...beside });
      scope.placed.push(step);
      if ((tree.kind === 'check' && tree.data) || tree.kind === 'manual' || tree.kind === 'decision')
        scope.filled.push({ step: step as Filled<Json>, rel, kind: tree.kind });
      if (tree.kind === 'call' && tree.callee.does === 'reads')
        scope.filled.push({ step: step as Filled<Json>, rel, kind: tree.kind });
      return step;
    });
  }

  private step(tree: Tree, id: string, rel: string, say: Words<unknown, unknown, string>, scope: Scope): Step {
    const title = `${scope.name}:${rel}`;
    const pathOf = ({ input }: Given) => join(input.at, rel);
    const inner: Scope = { ...scope, parent: rel };
    switch (tree.kind) {
      case 'check': {
        const word = { evidence: say.check, precondition: say.precondition, verification: say.verification }[tree.role];
        return word(id, title, this.check(tree, rel, scope) as never);
      }
      case 'action':
        return say.action(id, title, this.action(tree, pathOf, scope) as never);
      case 'manual':
        return say.manual(id, title, { instruction: title, ...this.when(tree.when, pathOf, scope) } as never);
      case 'watch':
        return say.watch(id, title, {
          ...this.when(tree.when, pathOf, scope),
          data: z.number(),
          everyMs: () => 1000,
          forMs: () => (tree.samples - 1) * 1000,
          endsWhenCritical: tree.endsWhenCritical,
          sample: async (context: Given) => {
            this.enter('sample', context, pathOf(context));
            await Promise.resolve();
            this.perhaps(tree.sample);
            return 1;
          },
          judge: () => ({ verdict: this.verdict(tree.judge), summary: `it is ${this.verdict(tree.judge)}` }),
        } as never);
      case 'parallel':
        return say.parallel(id, title, this.steps(tree.steps, say, inner, 'p') as never);
      case 'each': {
        const before = { filled: [...scope.filled], placed: [...scope.placed] };
        return say.each(id, title, {
          ...this.items(tree, rel, tree.actions.length, scope),
          action: (item: Item) => {
            const n = Number(item.id.slice(2));
            return this.action(tree.actions[n] as ActionTree, () => item.at, before);
          },
        } as never);
      }
      case 'eachCall':
        return say.eachCall(id, title, {
          ...this.items(tree, rel, tree.count, scope),
          procedure: this.procedureOf(tree.callee),
          input: (item: Item) => ({ at: item.at }),
        } as never);
      case 'call':
        return say.call(id, title, this.call(tree, rel, scope) as never);
      case 'decision':
        return say.decision(id, title, {
          ...this.when(tree.when, pathOf, scope),
          question: title,
          options: Object.fromEntries(
            tree.options.map((steps, n) => [
              `o${n}`,
              {
                title: `o${n}`,
                ...(tree.unasked && n === 0 ? { unasked: true } : {}),
                steps: this.steps(steps, say, { ...inner, parent: join(rel, `o${n}`), filled: [...scope.filled] }),
              },
            ]),
          ),
          advise: async (context: Given) => {
            this.enter('advise', context, pathOf(context));
            await Promise.resolve();
            this.perhaps(tree.advise);
            return tree.advise === 'first' ? { option: 'o0', because: 'of the evidence' } : undefined;
          },
        } as never);
    }
  }
}
