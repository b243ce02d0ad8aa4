import { shortText } from '../../../../words/short-text.ts';
import type { Call } from '../../port.ts';
import { resources } from '../objects/objects.ts';
import type { Service } from '../service.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import type { Trouble } from './trouble.ts';

interface FailedCreate {
  readonly message?: string;
  readonly lastTimestamp?: string;
  readonly eventTime?: string;
}

/** An older event is about something else. */
const recentMs = 120_000;

/** Why no pod can be made (quota, admission), where only an event says so: StatefulSets and DaemonSets have no condition for it. */
export const whyNotMade = async (
  { client }: Service,
  { uid, name }: Snapshot,
  { signal, clock }: Pick<Call, 'signal' | 'clock'>,
): Promise<Trouble | undefined> => {
  const fieldSelector = `involvedObject.uid=${uid},reason=FailedCreate`;
  const { items } = await client.list<FailedCreate>(resources.events, { fieldSelector, signal });
  const at = ({ lastTimestamp, eventTime }: FailedCreate) => Date.parse(lastTimestamp ?? eventTime ?? '');
  const [latest] = items
    .filter((event) => clock.now().getTime() - at(event) < recentMs)
    .toSorted((a, b) => at(b) - at(a));
  return (
    latest && {
      pod: name,
      container: undefined,
      reason: 'FailedCreate',
      message: latest.message === undefined ? undefined : shortText(latest.message),
      exitCode: undefined,
      restarts: 0,
    }
  );
};
