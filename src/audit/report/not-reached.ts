import type { Outline } from '../../engine/procedure/outline.ts';
import { isCall, type SessionState } from '../../engine/session/session-state.ts';

/**
 * The titles of the steps that an unclosed session did not end, and what it did not come to, of the innermost call first. What never began
 * has no title on record; its id says enough.
 */
export const notReached = (outline: Outline, state: SessionState): readonly string[] => {
  const unfinished = [...state.steps.values()].filter(
    // An answer alone is no step: whether a call is to be taken back is only asked.
    ({ result, startedAt, answer }) => result === undefined && (startedAt !== undefined || !answer),
  );
  const open = unfinished.filter(isCall).toReversed();
  const frames = [
    ...open.map(({ id, call }) => ({ above: `${id}/`, steps: call.procedure.outline })),
    { above: '', steps: outline },
  ];
  const never = frames.flatMap(({ above, steps }) => neverBegun(steps, above, state));
  return [...new Set([...unfinished.map(({ title }) => title), ...never])];
};

const neverBegun = (steps: Outline, above: string, state: SessionState): readonly string[] =>
  steps.flatMap(({ id, kind, steps: inner = [] }) => {
    const path = above + id;
    if (![...state.steps.keys()].some((begun) => begun === path || begun.startsWith(`${path}/`))) return [inWords(id)];
    if (kind === 'parallel') return neverBegun(inner, `${path}/`, state);
    const answer = state.steps.get(path)?.answer?.answer;
    const option = inner.find((one) => kind === 'decision' && one.id === answer);
    return neverBegun(option?.steps ?? [], `${path}/${answer}/`, state);
  });

/** `restart-one`: "Restart one". */
const inWords = (id: string): string => {
  const words = id.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};
