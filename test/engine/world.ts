import { setTimeout as tick } from 'node:timers/promises';
import type { Nothing } from './rig.ts';
import { fingerprint } from '../../src/engine/change.ts';
import type { Change } from '../../src/engine/change.ts';
import { RunbookError } from '../../src/engine/errors.ts';
import type { Event } from '../../src/engine/events.ts';
import type { Finding, Verdict } from '../../src/engine/finding.ts';
import type { ActionStep, CheckStep, Context, Item, Step } from '../../src/engine/procedure.ts';
import { raiseTier } from '../../src/engine/tier.ts';
import type { Tier } from '../../src/engine/tier.ts';
import type { ActionTree, CheckTree, Thrown, Tree, When } from './trees.ts';

export type Call = 'when' | 'look' | 'items' | 'plan' | 'apply' | 'verify' | 'advise' | 'sample' | 'ask';

/** Everything that happened, in one order: what was recorded, what the engine called, what became of the world. */
export type Entry =
  | { readonly is: 'record'; readonly event: Event }
  | { readonly is: 'call'; readonly call: Call; readonly step: string; readonly fingerprint?: string }
  | { readonly is: 'planned'; readonly step: string; readonly fingerprint: string; readonly tier: Tier }
  | { readonly is: 'effect'; readonly step: string; readonly there: boolean }
  | { readonly is: 'verdict'; readonly step: string; readonly verdict: Verdict }
  | { readonly is: 'applied again without need'; readonly step: string };

export class Journal {
  entries: Entry[] = [];
  /** Called before each entry is added, with its position. */
  watcher: (position: number) => void = () => undefined;

  add(entry: Entry): void {
    this.watcher(this.entries.length);
    this.entries.push(entry);
  }

  /** Does the world have what the action at `path` brings about? */
  has(path: string): boolean {
    const last = this.entries.findLast((entry) => entry.is === 'effect' && entry.step === path);
    return last?.is === 'effect' && last.there;
  }

  lastVerdict(path: string): Verdict | undefined {
    const last = this.entries.findLast((entry) => entry.is === 'verdict' && entry.step === path);
    return last?.is === 'verdict' ? last.verdict : undefined;
  }
}

type Seen = Context<unknown, Nothing>;

const finding = (verdict: Verdict): Finding => ({ verdict, summary: `it is ${verdict}` });

/** The steps of a generated tree over a world that is as faulty as the tree says, or healthy. */
export const buildSteps = (
  trees: readonly Tree[],
  journal: Journal,
  mood: 'faulty' | 'healthy',
  parent = '',
): Step<unknown, Nothing>[] => {
  const counts = new Map<string, number>();
  const nth = (what: string): number => {
    const count = (counts.get(what) ?? 0) + 1;
    counts.set(what, count);
    return count;
  };
  const called = (call: Call, step: string) => journal.add({ is: 'call', call, step });
  const perhaps = (fault: unknown): void => {
    if (mood === 'faulty' && isThrown(fault)) raise(fault);
  };

  const whenOf = (when: When, path: string) =>
    when === undefined
      ? {}
      : {
          when: async () => {
            called('when', path);
            await tick();
            perhaps(when);
            // "at first" is a step that the world no longer asks for once the run has been going on for a while.
            return when === 'always' || isThrown(when) || (when === 'at first' && mood === 'faulty');
          },
        };

  const check = (tree: CheckTree, id: string, path: string): CheckStep<unknown, Nothing> => ({
    kind: 'check',
    id,
    title: path,
    role: tree.role,
    ...whenOf(tree.when, path),
    look: async () => {
      called('look', path);
      await Promise.resolve();
      perhaps(tree.look);
      return finding(mood === 'healthy' || isThrown(tree.look) ? 'ok' : tree.look);
    },
  });

  const planned = (tree: ActionTree, path: string): Change => {
    const again = mood === 'faulty' && nth(`plan ${path}`) > 1;
    const drift = again ? tree.drift : 'nothing';
    const raises = Array.from({ length: tree.raises + (drift === 'tier' ? 1 : 0) }, (_, n) => `reason ${n}`);
    return {
      summary: path,
      target: { provider: 'generated', name: drift === 'target' ? `${path} moved` : path },
      blastRadius: [],
      equivalent: [`do ${path}`],
      undo: 'none',
      raises,
      basis: { generation: drift === 'basis' ? 2 : 1, ...(drift === 'emptiness' ? {} : { list: [] }) },
    };
  };

  const action = (tree: ActionTree, id: string, path: string, undoes?: string): ActionStep<unknown, Nothing> => ({
    kind: 'action',
    id,
    title: path,
    tier: tree.tier,
    ...(undoes === undefined ? whenOf(tree.when, path) : {}),
    plan: async (context: Seen) => {
      called('plan', path);
      await Promise.resolve();
      perhaps(tree.plan);
      const change = planned(tree, path);
      context.report({ note: 'planned' });
      const tier = raiseTier(tree.tier, change.raises?.length ?? 0);
      journal.add({ is: 'planned', step: path, fingerprint: fingerprint(change), tier });
      return change;
    },
    apply: async (context: Seen, change) => {
      const fault = mood === 'faulty' && isThrown(tree.apply) ? tree.apply : undefined;
      // Only these two leave open whether the change reached the world; the others say that it did not.
      const open = fault === undefined || fault.throws === 'plain' || fault.throws === 'unknown';
      const take = () => {
        if (journal.has(path) && journal.lastVerdict(path) !== 'critical')
          journal.add({ is: 'applied again without need', step: path });
        journal.add({ is: 'effect', step: path, there: true });
        if (undoes !== undefined) journal.add({ is: 'effect', step: undoes, there: false });
        else journal.add({ is: 'effect', step: `${path}/undo`, there: false });
      };
      journal.add({ is: 'call', call: 'apply', step: path, fingerprint: fingerprint(change) });
      if (tree.effectFirst && open) take();
      if (tree.reports) context.report({ note: 'half-way' });
      await context.clock.sleep(tree.takesMs, context.signal);
      if (fault) raise(fault);
      if (!tree.effectFirst) take();
    },
    verify: async (context: Seen) => {
      called('verify', path);
      await Promise.resolve();
      context.signal.throwIfAborted();
      // To throw `failed` is to say that it is not done.
      if (mood === 'faulty' && isThrown(tree.verify) && tree.verify.throws === 'failed')
        journal.add({ is: 'verdict', step: path, verdict: 'critical' });
      perhaps(tree.verify);
      // A verification may be blind, or gloomy while there are faults; it never says "done" of what is not.
      const there = journal.has(path) ? 'ok' : 'critical';
      const gloomy = tree.verify === 'critical' && mood === 'faulty';
      const verdict = tree.verify === 'unknown' ? 'unknown' : gloomy ? 'critical' : there;
      journal.add({ is: 'verdict', step: path, verdict });
      return finding(verdict);
    },
    ...(tree.undo ? { undo: () => action(tree.undo as ActionTree, 'undo', `${path}/undo`, path) } : {}),
  });

  return trees.map((tree, index) => {
    const id = `s${index}`;
    const path = parent ? `${parent}/${id}` : id;
    const base = { id, title: path, ...whenOf(tree.when, path) };
    switch (tree.kind) {
      case 'check':
        return check(tree, id, path);
      case 'action':
        return action(tree, id, path);
      case 'manual':
        return { ...base, kind: 'manual', instruction: path };
      case 'watch':
        return {
          ...base,
          kind: 'watch',
          everyMs: () => 1000,
          forMs: () => (tree.samples - 1) * 1000,
          endsWhenCritical: tree.endsWhenCritical,
          sample: async () => {
            called('sample', path);
            await Promise.resolve();
            perhaps(tree.sample);
            return 1;
          },
          judge: () => finding(mood === 'healthy' ? 'ok' : tree.judge),
        };
      case 'parallel':
        return { ...base, kind: 'parallel', steps: tree.checks.map((one, n) => check(one, `c${n}`, `${path}/c${n}`)) };
      case 'each':
        return {
          ...base,
          kind: 'each',
          items: async () => {
            called('items', path);
            await Promise.resolve();
            perhaps(tree.items);
            return tree.actions.map((_, n) => ({ id: `i${n}` }));
          },
          step: (item: Item) => {
            const n = Number(item.id.slice(1));
            return action(tree.actions[n] as ActionTree, item.id, `${path}/${item.id}`);
          },
        };
      case 'decision':
        return {
          ...base,
          kind: 'decision',
          question: path,
          options: tree.options.map((steps, n) => ({
            id: `o${n}`,
            title: `o${n}`,
            steps: buildSteps(steps, journal, mood, `${path}/o${n}`),
          })),
          advise: async () => {
            called('advise', path);
            await Promise.resolve();
            perhaps(tree.advise);
            return tree.advise === 'first' ? { option: 'o0', because: 'of the evidence' } : undefined;
          },
        };
    }
  });
};

const isThrown = (value: unknown): value is Thrown => typeof value === 'object' && value !== null && 'throws' in value;

const raise = ({ throws }: Thrown): never => {
  if (throws === 'plain') throw new TypeError('a fault of the program');
  throw new RunbookError(throws, `generated: ${throws}`);
};
