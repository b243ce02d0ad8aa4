import type { Json } from '../json.ts';

declare const holds: unique symbol;
declare const lists: unique symbol;
declare const effect: unique symbol;

/**
 * A step of a procedure, and the key to what it has seen. Only the builders make one (an object literal is not a step), and it belongs to
 * one place of one procedure.
 */
export interface Step {
  readonly id: string;
  readonly title: string;
  readonly [effect]: 'reads' | 'changes';
}

/** A step that changes nothing: it may stand in `parallel` and in a `look`. */
export interface ReadStep extends Step {
  readonly [effect]: 'reads';
}

/** A step whose data a later step may read. */
export interface Filled<Data extends Json> extends Step {
  readonly [holds]: Data;
}

/** A step that goes through items. */
export interface Group extends Step {
  readonly [lists]: 'items';
}
