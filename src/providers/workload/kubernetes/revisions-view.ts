import { digest } from '../../../engine/change.ts';
import type { Finding } from '../../../engine/finding.ts';
import { age } from '../instances-table.ts';
import type { Call } from '../port.ts';
import { stampOf, unstamped } from './basis.ts';
import { imageOf, templateVersion } from './describe.ts';
import { changeCause, historyOf } from './history.ts';
import type { FullRevision } from './revisions.ts';
import type { Service } from './service.ts';

const shown = 10;

/** What changed last and when: the versions that the cluster keeps of the pod template, the newest first. */
export const revisionsView = async (service: Service, call: Pick<Call, 'signal' | 'clock'>): Promise<Finding> => {
  const { revisions, present } = await historyOf(service, await service.read(call.signal), call);
  const now = call.clock.now().getTime();
  const newest = revisions.slice(0, shown);
  if (newest.length === 0) return { verdict: 'ok', summary: 'no revision is kept', data: { revisions: [] } };
  const entries = newest.map((revision, index) => ({
    revision: revision.number,
    present: revision.uid === present?.uid,
    at: momentOf(revision),
    version: templateVersion(service, revision.template),
    image: imageOf(service, revision.template) ?? null,
    cause: causeOf(service, revision, newest[index + 1]),
  }));
  const [last] = entries;
  const current = entries.find((one) => one.present) ?? last;
  return {
    verdict: 'ok',
    summary: `revision ${current?.revision}, version ${current?.version}, since ${age(now - Date.parse(current?.at ?? ''))}`,
    evidence: {
      columns: [
        { title: 'Revision', align: 'right' },
        { title: 'Age', align: 'right' },
        { title: 'Version' },
        { title: 'Image' },
        { title: 'What' },
      ],
      rows: entries.map((one) => [
        one.revision,
        age(now - Date.parse(one.at)),
        one.version,
        one.image,
        one.present ? `${one.cause} (present)` : one.cause,
      ]),
    },
    data: { revisions: entries },
  };
};

/** A ReplicaSet that an undo brought back is older than its restart says; a restart says when it was. */
const momentOf = ({ template, createdAt }: FullRevision): string => {
  const stamp = stampOf(template);
  return stamp !== undefined && Date.parse(stamp) > Date.parse(createdAt) ? stamp : createdAt;
};

/** What somebody wrote down about it, unless it was only handed down from the one before; else what differs from that. */
const causeOf = (service: Service, revision: FullRevision, before: FullRevision | undefined): string => {
  const said = changeCause(revision);
  if (!before) return said ?? 'the oldest that is kept';
  const same = digest(unstamped(before.template)) === digest(unstamped(revision.template));
  if (same && stampOf(before.template) !== stampOf(revision.template)) return 'restarted';
  if (said !== undefined && said !== changeCause(before)) return said;
  const [from, to] = [before, revision].map(({ template }) => templateVersion(service, template));
  return from === to ? 'template changed' : `version ${from} -> ${to}`;
};
