import { fingerprint } from '../../src/engine/change.ts';
import type { Change } from '../../src/engine/change.ts';
import type { Json } from '../../src/engine/json.ts';
import { undoAction } from '../../src/engine/procedure/build.ts';
import { raiseTier } from '../../src/engine/plan/tier.ts';
import { isThrown, Planned, raise, Scripted } from './scripted.ts';
import type { Given, Scope, Spec } from './scripted.ts';
import type { ActionTree } from './tree.ts';
import { join } from './world.ts';

/** Actions that change the world of a session. */
export class ScriptedAction extends Scripted {
  private change(tree: ActionTree, at: string, read: Json | undefined): Change<Planned> {
    const { world } = this.of;
    const plans = world.nth(`plan ${at}`);
    const moved = world.drift?.step === at && plans >= world.drift.from ? world.drift.what : 'nothing';
    const drift = world.mood === 'faulty' && plans > 1 ? tree.drift : moved;
    const raises = Array.from({ length: tree.raises + (drift === 'tier' ? 1 : 0) }, (_, n) => `reason ${n}`);
    const name = tree.shared ? 'shared' : at;
    return {
      summary: at,
      target: { provider: 'generated', name: drift === 'target' ? `${name} moved` : name },
      blastRadius: [],
      equivalent: [`do ${at}`],
      undo: 'none',
      raises,
      basis: {
        generation: drift === 'basis' ? 2 : 1,
        ...(drift === 'emptiness' ? {} : { list: [] }),
        ...(tree.shared ? { shared: world.sharedEffects() } : {}),
        ...(read === undefined ? {} : { read }),
      },
      ...(tree.shared ? { affects: ['shared'] } : {}),
      data: { at, token: world.entries.length, ...(read === undefined ? {} : { read }) },
    };
  }

  /** `undoes`: the path of the step whose effect this one takes away. */
  protected action(
    tree: ActionTree,
    pathOf: (context: Given) => string,
    { filled, placed }: Pick<Scope, 'filled' | 'placed'>,
    undoes?: string,
  ): Spec {
    const before = filled.at(-1);
    const mine = (change: Change<Planned>, at: string) => {
      if (change.data.at !== at) this.fault(`${at} was given the change of ${change.data.at}`);
      return { token: change.data.token, fingerprint: fingerprint(change) };
    };
    return {
      tier: tree.tier,
      change: Planned,
      ...(undoes === undefined ? this.when(tree.when, pathOf, { placed }) : {}),
      plan: async (context, interrupted) => {
        const { world } = this.of;
        const at = pathOf(context);
        this.enter('plan', context, at, interrupted && { token: mine(interrupted, at).token });
        await Promise.resolve();
        this.perhaps(tree.plan);
        const change = this.change(tree, at, tree.reads ? this.read(context, before) : undefined);
        if (tree.reports) context.report({ note: 'planned' });
        const tier = raiseTier(tree.tier, change.raises?.length ?? 0);
        const { token } = change.data;
        world.add({
          is: 'planned',
          step: at,
          token,
          fingerprint: fingerprint(change),
          own: fingerprint({ ...change, basis: { ...change.basis, shared: null } }),
          tier,
          ms: context.clock.monotonic(),
        });
        return change;
      },
      apply: async (context, change) => {
        const { world } = this.of;
        const at = pathOf(context);
        const fault = world.mood === 'faulty' && isThrown(tree.apply) ? tree.apply : undefined;
        // Only these two leave open whether the change reached the world; the others say that it did not.
        const open = fault === undefined || fault.throws === 'plain' || fault.throws === 'unknown';
        const take = () => {
          if (world.has(at) && world.lastVerdict(at) !== 'critical')
            world.add({ is: 'applied again without need', step: at });
          world.add({ is: 'effect', step: at, there: true, ...(tree.shared ? { shared: true } : {}) });
          world.add({ is: 'effect', step: undoes ?? `${at}/undo`, there: false });
        };
        this.enter('apply', context, at, mine(change, at));
        if (tree.effectFirst && open) take();
        if (tree.reports) context.report({ note: 'half-way' });
        await context.clock.sleep(tree.takesMs, context.signal);
        if (fault) raise(fault);
        if (!tree.effectFirst) take();
        return { token: change.data.token };
      },
      verify: async (context, change, receipt) => {
        const { world } = this.of;
        const at = pathOf(context);
        if (receipt && receipt.token !== change.data.token) this.fault(`${at} was given another receipt`);
        this.enter('verify', context, at, { ...mine(change, at), receipt: receipt !== undefined });
        await Promise.resolve();
        context.signal.throwIfAborted();
        if (world.blind) raise({ throws: 'unreachable' });
        // To throw `failed` is to say that it is not done.
        if (world.mood === 'faulty' && isThrown(tree.verify) && tree.verify.throws === 'failed')
          world.add({ is: 'verdict', step: at, verdict: 'critical' });
        this.perhaps(tree.verify);
        // A verification may be blind, or gloomy while there are faults; it never says "done" of what is not.
        const there = world.has(at) ? 'ok' : 'critical';
        const gloomy = tree.verify === 'critical' && world.mood === 'faulty';
        const verdict = tree.verify === 'unknown' ? 'unknown' : gloomy ? 'critical' : there;
        world.add({ is: 'verdict', step: at, verdict });
        return { verdict, summary: `it is ${verdict}` };
      },
      ...(tree.undo === undefined
        ? {}
        : {
            undo: async (change, context) => {
              const at = pathOf(context);
              this.enter('undo', context, at, mine(change, at));
              await Promise.resolve();
              this.perhaps(tree.undo);
              if (tree.undo === undefined || tree.undo === 'none' || isThrown(tree.undo)) return undefined;
              const its = (inner: Given) => join(pathOf(inner), 'undo');
              return undoAction('undo', `undo ${at}`, this.action(tree.undo, its, { filled: [], placed: [] }, at));
            },
          }),
    };
  }
}
