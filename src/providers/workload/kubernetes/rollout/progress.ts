import type { Table } from '../../../../engine/finding.ts';
import { instancesTable } from '../../shared/instances-table.ts';
import type { Call } from '../../port.ts';
import { instanceOf, type PodView } from '../objects/pods.ts';

/** So many pods are shown; the others are counted. */
const shownPods = 30;
const tableEveryMs = 500;
const noteEveryMs = 2000;

const settled = (pod: PodView): number => Number(pod.ready && !pod.terminating);

/** Where there are too many to show, those that something is happening to: not as they should be, then the new ones. */
export const telling = (pods: readonly PodView[]): readonly PodView[] => {
  if (pods.length <= shownPods) return pods;
  return pods.toSorted((a, b) => settled(a) - settled(b) || b.createdAt.localeCompare(a.createdAt)).slice(0, shownPods);
};

export const podsTable = (pods: readonly PodView[], now: Date): Table => {
  const shown = telling(pods);
  const table = instancesTable(shown.map(instanceOf), now);
  const left = pods.length - shown.length;
  if (left === 0) return table;
  return { ...table, rows: [...table.rows, [`and ${left} more`, ...table.columns.slice(1).map(() => '')]] };
};

/** Tells how far a rollout is: a table when a pod has changed, a note when the numbers have, neither too often. */
export const progressReport = (call: Pick<Call, 'report' | 'clock'>) => {
  let shownTable = '';
  let shownNote = '';
  let tableAt = Number.NEGATIVE_INFINITY;
  let noteAt = Number.NEGATIVE_INFINITY;
  /** Returns after how many milliseconds there is more to tell; undefined for nothing. */
  return (note: string, pods: readonly PodView[]): number | undefined => {
    const at = call.clock.monotonic();
    let again: number | undefined;
    if (at - tableAt < tableEveryMs) again = tableEveryMs - (at - tableAt);
    else {
      const key = pods.map(keyOf).join('\n');
      if (key !== shownTable) {
        shownTable = key;
        tableAt = at;
        call.report({ table: podsTable(pods, call.clock.now()) });
      }
    }
    if (note !== shownNote) {
      if (at - noteAt >= noteEveryMs) {
        shownNote = note;
        noteAt = at;
        call.report({ note });
      } else again = Math.min(again ?? noteEveryMs, noteEveryMs - (at - noteAt));
    }
    return again;
  };
};

/** Equal as long as nothing but the time has changed. */
const keyOf = (pod: PodView): string => {
  const { id, state, health, detail, version, restarts } = instanceOf(pod);
  return [id, state, health, detail, version, restarts].join(' ');
};
