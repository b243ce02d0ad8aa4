import type { Cell, Table } from '../../../engine/finding.ts';
import type { Instance } from '../port.ts';

/** The instances as every view of them shows them: in the live view, in findings, in reports. */
export const instancesTable = (instances: readonly Instance[], now: Date): Table => {
  // Not every platform counts them, and a column of dashes tells nobody anything.
  const counted = instances.some(({ restarts }) => restarts !== undefined);
  return {
    columns: [
      { title: 'Instance', whole: true },
      { title: 'Version' },
      { title: 'Up', align: 'right' },
      ...(counted ? [{ title: 'Restarts', align: 'right' as const }] : []),
      { title: 'State' },
      { title: 'Health' },
    ],
    rows: instances.map((instance): readonly Cell[] => [
      instance.id,
      instance.version ?? null,
      isUp(instance) && instance.startedAt !== undefined ? age(now.getTime() - Date.parse(instance.startedAt)) : null,
      ...(counted ? [instance.restarts ?? null] : []),
      instance.state,
      { text: instance.health === 'ok' ? 'healthy' : (instance.detail ?? instance.health), verdict: instance.health },
    ]),
  };
};

const isUp = ({ state }: Instance): boolean => state !== 'stopped' && state !== 'unknown';

/** An age in the largest unit that is not zero: "40 s", "12 min", "3 h", "5 d". */
export const age = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
};
