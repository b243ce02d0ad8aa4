import type { Event } from '../../src/engine/session/events.ts';
import type { Verdict } from '../../src/engine/finding.ts';
import type { Json } from '../../src/engine/json.ts';
import type { Tier } from '../../src/engine/plan/tier.ts';
import type { ActionTree } from './tree.ts';

/** What the engine asks of a step, of a port (`open`), a person (`ask`) or a guard. */
export type Call =
  | 'when'
  | 'look'
  | 'items'
  | 'before'
  | 'input'
  | 'plan'
  | 'apply'
  | 'verify'
  | 'undo'
  | 'advise'
  | 'sample'
  | 'stateLeft'
  | 'open'
  | 'ask';

/** Everything that happened, in one order: what was recorded, what the engine called, what became of the world. */
export type Entry =
  | { readonly is: 'record'; readonly event: Event }
  | {
      readonly is: 'call';
      readonly call: Call;
      readonly step: string;
      readonly mark?: string;
      readonly fingerprint?: string;
      /** Of the plan that `apply`, `verify` and `undo` were given, or that `plan` was given as interrupted. */
      readonly token?: number;
      readonly receipt?: boolean;
    }
  | {
      readonly is: 'planned';
      readonly step: string;
      readonly token: number;
      readonly fingerprint: string;
      /** Without the fact that other steps of the session declare as their effect. */
      readonly own: string;
      readonly tier: Tier;
      readonly ms: number;
    }
  | { readonly is: 'effect'; readonly step: string; readonly there: boolean; readonly shared?: true }
  | { readonly is: 'verdict'; readonly step: string; readonly verdict: Verdict }
  | { readonly is: 'gave'; readonly step: string; readonly data: Json }
  /** A person, to a confirmation. */
  | { readonly is: 'said no'; readonly step: string }
  | { readonly is: 'applied again without need'; readonly step: string }
  | { readonly is: 'fault'; readonly what: string };

/** The journal of all runs of a session, and the world as it has become. */
export class World {
  entries: Entry[] = [];
  /** Whether it is as faulty as the tree says. */
  mood: 'faulty' | 'healthy' = 'faulty';
  /** No verification can reach what it looks at. */
  blind = false;
  /** A step that is no longer what it was, from its plan number so many of a run on. */
  drift: { readonly step: string; readonly from: number; readonly what: ActionTree['drift'] } | undefined;
  /** Conditions turn round when they are asked for the second time in a run. */
  turns = false;
  /** How often something has happened in this run. */
  readonly counts = new Map<string, number>();
  /** Called before each entry is added, with its position. */
  watcher: (position: number) => void = () => undefined;
  private readonly there = new Map<string, boolean>();
  private readonly shared = new Set<string>();
  private readonly verdicts = new Map<string, Verdict>();
  private readonly given = new Map<string, Json>();

  add(entry: Entry): void {
    this.watcher(this.entries.length);
    this.take(entry);
  }

  private take(entry: Entry): void {
    this.entries.push(entry);
    if (entry.is === 'effect') this.there.set(entry.step, entry.there);
    if (entry.is === 'effect' && entry.shared) this.shared.add(entry.step);
    if (entry.is === 'verdict') this.verdicts.set(entry.step, entry.verdict);
    if (entry.is === 'gave') this.given.set(entry.step, entry.data);
  }

  /** The world as it was after so many entries. */
  at(entries: number): World {
    const earlier = new World();
    for (const entry of this.entries.slice(0, entries)) earlier.take(entry);
    return earlier;
  }

  nth(what: string): number {
    const count = (this.counts.get(what) ?? 0) + 1;
    this.counts.set(what, count);
    return count;
  }

  /** Does the world have what the action at `path` brings about? */
  has(path: string): boolean {
    return this.there.get(path) === true;
  }

  /** How many changes of the target that several steps are about are in place. */
  sharedEffects(): number {
    return [...this.shared].filter((path) => this.has(path)).length;
  }

  lastVerdict(path: string): Verdict | undefined {
    return this.verdicts.get(path);
  }

  lastGiven(path: string): Json | undefined {
    return this.given.get(path);
  }
}

export const join = (parent: string, rest: string): string => (parent && rest ? `${parent}/${rest}` : parent || rest);
