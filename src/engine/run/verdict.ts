import { worst } from '../finding.ts';
import type { AnyFinding, Verdict } from '../finding.ts';
import type { Frame } from './frame.ts';

/** The last look at each thing: without those that a later one has replaced. */
export const lastLooks = (frame: Frame): readonly AnyFinding[] => lastSeen(frame).map(([, finding]) => finding);

const lastSeen = ({ seen }: Frame) => {
  const replaced = new Set(
    [...seen.keys()].flatMap((step) => ('replaces' in step && step.replaces ? [step.replaces] : [])),
  );
  return [...seen].filter(([step]) => !replaced.has(step));
};

/** What could not be seen, also inside a call that found something worse. */
export const unseenIn = (frame: Frame): readonly AnyFinding[] =>
  lastSeen(frame).flatMap(([step, finding]) => {
    if (finding.verdict === 'unknown') return [finding];
    const inside = frame.calls.get(step);
    return inside ? unseenIn(inside) : [];
  });

/** What the findings say is worth typing next, also those inside a call; each line once. */
export const nextIn = (frame: Frame): readonly string[] => [
  ...new Set(
    lastSeen(frame).flatMap(([step, { next = [] }]) => {
      const inside = frame.calls.get(step);
      return [...next, ...(inside ? nextIn(inside) : [])];
    }),
  ),
];

/** Whether something that had to be verified could not be seen, also inside a call. What is tolerant may be blind. */
export const isUnverified = (frame: Frame): boolean =>
  lastSeen(frame).some(([step, { verdict }]) => {
    if (step.kind === 'check') return step.role === 'verification' && !step.tolerant && verdict === 'unknown';
    const inside = frame.calls.get(step);
    return inside !== undefined && isUnverified(inside);
  });

/** The worst of the last look at each thing, those of calls that did not end well included. */
export const verdictOf = (frame: Frame): Verdict => {
  const left = frame.run.left.filter(({ parent }) => parent?.path === frame.path);
  return worst([...lastLooks(frame).map(({ verdict }) => verdict), ...left.map(verdictOf)]);
};
