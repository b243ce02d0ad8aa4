import type { Verdict } from '../../src/engine/finding.ts';
import type { SessionState } from '../../src/engine/session/session-state.ts';
import { itemId } from './generated-steps.ts';
import type { Generated } from './generated-steps.ts';
import type { ProcedureTree, Tree } from './tree.ts';
import { join } from './world.ts';

/** A step of a generated session, wherever it is: each call of the same procedure has places of its own. */
export interface Place {
  readonly path: string;
  readonly title: string;
  readonly kind: Tree['kind'];
  /** The call that it is in; empty for the procedure that the session runs. */
  readonly frame: string;
  /** Where it stands in the order of its procedure; of an item that of its group. */
  readonly order: number;
  /** A call. */
  readonly callee?: ProcedureTree;
  /** Whether the procedure that it is in changes something. */
  readonly changes: boolean;
  readonly role?: 'evidence' | 'precondition' | 'verification';
  readonly tolerant?: boolean;
  /** An item that has to be looked at before anything is done to it. */
  readonly before?: boolean;
  /** The path of the step that it is the second look of. */
  readonly replaces?: string;
}

export type Places = ReadonlyMap<string, Place>;

export const placesOf = ({ tree, names }: Generated): Places => {
  const places = new Map<string, Place>();
  const enter = (callee: ProcedureTree, frame: string): void => {
    const name = names.get(callee) ?? '';
    const changes = callee.does === 'changes';
    let order = 0;
    /** The last step before that can be read, as the builder of the steps has it. */
    const go = (steps: readonly Tree[], parent: string, readable: readonly Place[], letter = 's'): readonly Place[] => {
      let filled = readable;
      for (const [index, step] of steps.entries()) {
        const path = join(parent, `${letter}${index}`);
        const title = `${name}:${frame ? path.slice(frame.length + 1) : path}`;
        const last = (letter === 'p' ? readable : filled).at(-1);
        const { kind } = step;
        const base: Place = { path, title, kind, frame, order: order++, changes };
        if (kind === 'check') {
          const replaces = step.replaces && last?.kind === 'check' && { replaces: last.path };
          places.set(path, { ...base, role: step.role, tolerant: step.tolerant, ...replaces });
          if (step.data) filled = [...filled, base];
        } else if (kind === 'call') {
          const replaces = step.replaces &&
            (last?.kind === 'check' || last?.kind === 'call') && { replaces: last.path };
          places.set(path, { ...base, callee: step.callee, tolerant: step.tolerant, ...replaces });
          if (step.callee.does === 'reads') filled = [...filled, base];
          enter(step.callee, path);
        } else {
          places.set(path, base);
          if (kind === 'manual' || kind === 'decision') filled = [...filled, base];
        }
        if (kind === 'parallel') filled = [...filled, ...go(step.steps, path, filled, 'p').slice(filled.length)];
        if (kind === 'decision')
          for (const [n, inner] of step.options.entries()) go(inner, join(path, `o${n}`), filled.slice(0, -1));
        const items = kind === 'each' ? step.actions.length : kind === 'eachCall' ? step.count : 0;
        for (let n = 0; n < items; n++) {
          const its = join(path, encodeURIComponent(itemId(n)));
          const item = {
            ...base,
            path: its,
            title: `item ${its}`,
            before: 'before' in step && step.before !== undefined,
          };
          if (kind === 'eachCall') {
            places.set(its, { ...item, kind: 'call', callee: step.callee });
            enter(step.callee, its);
          } else places.set(its, { ...item, kind: 'action' });
        }
      }
      return filled;
    };
    go(callee.steps, frame, []);
  };
  enter(tree, '');
  return places;
};

/** The calls that a path is in, from the inside out. */
export const framesAround = (places: Places, path: string): readonly Place[] =>
  prefixes(path).flatMap((prefix) => {
    const place = prefix === path ? undefined : places.get(prefix);
    return place?.callee ? [place] : [];
  });

/** The path and those around it, from the inside out. */
export const prefixes = (path: string): readonly string[] => {
  const known = prefixesOf.get(path);
  if (known) return known;
  const parts = path.split('/');
  const all = parts.map((_, n) => parts.slice(0, parts.length - n).join('/'));
  prefixesOf.set(path, all);
  return all;
};
const prefixesOf = new Map<string, readonly string[]>();

/** Of each call the order of the last step that has an intent on record, in it or in a call inside it. */
export const lastBegun = (places: Places, history: SessionState): ReadonlyMap<string, number> => {
  const last = new Map<string, number>();
  for (const [path, { intentAt }] of history.steps) {
    if (intentAt === undefined) continue;
    for (const prefix of prefixes(path)) {
      const place = places.get(prefix);
      if (place) last.set(place.frame, Math.max(last.get(place.frame) ?? -1, place.order));
    }
  }
  return last;
};

/** Whether an intent of an earlier run rests on what was seen at this place, or in the call that it is in. */
export const isRestedOn = (places: Places, last: ReadonlyMap<string, number>, place: Place): boolean =>
  [place, ...framesAround(places, place.path)].some(({ frame, order }) => order < (last.get(frame) ?? -1));

export const isUndo = (path: string): boolean => path.endsWith('/undo');
export const undone = (path: string): string => path.slice(0, -'/undo'.length);

const severity: Record<Verdict, number> = { ok: 0, unknown: 1, warn: 2, critical: 3 };
export const worstOf = (verdicts: readonly Verdict[]): Verdict =>
  verdicts.reduce<Verdict>((worst, one) => (severity[one] > severity[worst] ? one : worst), 'ok');
