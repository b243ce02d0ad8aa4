import type { ErrorKind } from '../../src/engine/errors.ts';
import type { Verdict } from '../../src/engine/finding.ts';
import type { Tier } from '../../src/engine/plan/tier.ts';

/** What is thrown: an error for the operator, or a fault of the program. */
export type Thrown = { readonly throws: ErrorKind | 'plain' };
/** `at first` and `later`: only while the world is faulty, only when it is healthy again. `sees`: where the step so far before it has a finding. */
export type When = 'always' | 'never' | 'at first' | 'later' | { readonly sees: number } | Thrown | undefined;
/** Configured and fine; configured, and cannot be opened while the world is faulty; not configured. */
export type PortName = 'here' | 'down' | 'gone';

export interface CheckTree {
  readonly kind: 'check';
  readonly when: When;
  readonly role: 'evidence' | 'precondition' | 'verification';
  readonly tolerant: boolean;
  readonly port: PortName | undefined;
  readonly data: boolean;
  /** Reads the data of the step before it that has some. */
  readonly reads: boolean;
  /** Only in the first call of its procedure. */
  readonly once: boolean;
  /** Is the second look at what the step before it has looked at. */
  readonly replaces: boolean;
  readonly look: Verdict | Thrown;
}
export interface ActionTree {
  readonly kind: 'action';
  readonly when: When;
  readonly tier: Tier;
  readonly raises: number;
  readonly reads: boolean;
  /** About a target that other steps are about too; its effect on the basis of theirs is declared. */
  readonly shared: boolean;
  readonly plan: 'works' | Thrown;
  /** What differs when it is planned for the second time. */
  readonly drift: 'nothing' | 'basis' | 'emptiness' | 'target' | 'tier';
  readonly apply: 'works' | Thrown;
  /** Whether the world has changed before `apply` waits, and before it throws what leaves that open. */
  readonly effectFirst: boolean;
  readonly takesMs: number;
  readonly reports: boolean;
  readonly verify: Verdict | Thrown;
  readonly undo: ActionTree | Thrown | 'none' | undefined;
}
export interface DecisionTree {
  readonly kind: 'decision';
  readonly when: When;
  readonly advise: 'nothing' | 'first' | Thrown;
  readonly unasked: boolean;
  readonly options: readonly (readonly Tree[])[];
}
export interface ManualTree {
  readonly kind: 'manual';
  readonly when: When;
}
export interface WatchTree {
  readonly kind: 'watch';
  readonly when: When;
  readonly samples: number;
  readonly sample: 'works' | Thrown;
  readonly judge: Verdict;
  readonly endsWhenCritical: boolean;
}
export interface ParallelTree {
  readonly kind: 'parallel';
  readonly steps: readonly (CheckTree | CallTree)[];
}
interface ItemsTree {
  readonly when: When;
  readonly items: 'works' | Thrown;
  /** What the look before each item sees; undefined where nothing is looked at. */
  readonly before: Verdict | Thrown | undefined;
  /** The first item of which it sees that; those before it are well. */
  readonly from: number;
}
export interface EachTree extends ItemsTree {
  readonly kind: 'each';
  readonly actions: readonly ActionTree[];
}
export interface EachCallTree extends ItemsTree {
  readonly kind: 'eachCall';
  readonly count: number;
  readonly callee: ProcedureTree;
}
export interface CallTree {
  readonly kind: 'call';
  readonly when: When;
  readonly tolerant: boolean;
  readonly replaces: boolean;
  readonly input: 'works' | Thrown;
  readonly callee: ProcedureTree;
  /** A second call of the same procedure stands beside it. */
  readonly twice: boolean;
}
export type Tree =
  | CheckTree
  | ActionTree
  | DecisionTree
  | ManualTree
  | WatchTree
  | ParallelTree
  | EachTree
  | EachCallTree
  | CallTree;

export interface ProcedureTree {
  readonly does: 'reads' | 'changes';
  /** It cannot do without the port that is not configured. */
  readonly lacks: boolean;
  readonly steps: readonly Tree[];
  /** It has a summary, a sentence about what was left, and advice. */
  readonly says: boolean;
}

/** A tree in few words: what is usual is left out. */
export const described = (tree: unknown): string => {
  if (Array.isArray(tree)) return `[${tree.map(described).join(', ')}]`;
  if (typeof tree !== 'object' || tree === null) return String(tree);
  const usual = new Set<unknown>([undefined, false, 'works', 'ok', 'nothing', 0, 'read']);
  const rest = Object.entries(tree).filter(([key, value]) => key !== 'kind' && !usual.has(value));
  return `${'kind' in tree ? String(tree.kind) : ''}{${rest.map(([key, value]) => `${key}: ${described(value)}`).join(', ')}}`;
};
