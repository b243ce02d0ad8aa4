import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Json, JsonObject } from './json.ts';

/** Which thing in the world a change is about. Identity parts (account, context, namespace, uid, ...) are added by the adapter. */
export interface Target {
  readonly provider: string;
  readonly name: string;
  readonly [part: string]: string;
}

/** What would happen, before it happens. Serialisable: it goes to the audit log and comes back when a session is resumed. */
export interface Change<Data extends Json = Json> {
  /** One sentence in the imperative: "restart app-2 (version 1.4.0, up 3 h)". */
  readonly summary: string;
  readonly target: Target;
  /** In numbers: "1 of 3 instances; 2 go on serving". */
  readonly blastRadius: readonly string[];
  /** What an engineer would have typed; shown, recorded, never executed. */
  readonly equivalent: readonly string[];
  /** What would be different afterwards, line by line, where that is more than the summary says: `- image: shop:1.4`, `+ image: shop:1.5`. */
  readonly difference?: readonly string[];
  /** How to take it back, or why that is not possible. */
  readonly undo: string;
  /** Reasons to be more careful ("6 of 6 instances at once"); each raises the tier by one. */
  readonly raises?: readonly string[];
  /** The state of the world that the plan rests on. It is read again right before `apply`; a difference stops the step. */
  readonly basis: JsonObject;
  /**
   * The names of basis facts that this change alters, where other steps about the same target rest on them. Under `--plan` a later step
   * may differ from its plan in these, and in nothing else.
   */
  readonly affects?: readonly string[];
  /**
   * The members of a set, where the change is about several of one kind that come and go (sessions, files). Not part of the basis: members that
   * are gone are skipped and counted, and no reason to refuse the rest. What was approved bounds them; see `Context.approved`.
   */
  readonly members?: readonly string[];
  /** What `apply`, `verify` and `undo` need to know; null for nothing. Declared by the action, and read back on resume. */
  readonly data: Data;
}

/** SHA-256, in hex, over the canonical JSON (RFC 8785) of a value. */
export const digest = (value: Json): string =>
  createHash('sha256')
    .update(canonicalize(value) ?? 'null')
    .digest('hex');

/** Two plans with the same fingerprint are about the same target in the same state. */
export const fingerprint = (change: Change): string => digest({ target: change.target, basis: change.basis });

const mostNamed = 5;

/** In words, the members that were not approved; empty where there are none. */
export const newMembers = (approved: readonly string[] = [], now: readonly string[] = []): readonly string[] => {
  const known = new Set(approved);
  const added = now.filter((member) => !known.has(member));
  if (added.length === 0) return [];
  const more = added.length > mostNamed ? ` and ${added.length - mostNamed} more` : '';
  return [`not in the set that was approved: ${added.slice(0, mostNamed).join(', ')}${more}`];
};
