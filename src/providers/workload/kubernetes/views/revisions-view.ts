import type { DataFinding } from '../../../../engine/finding.ts';
import { age } from '../../shared/instances-table.ts';
import type { Call } from '../../port.ts';
import type { Revisions } from '../../shared/views.ts';
import { stampOf, templateKey } from '../writing/basis.ts';
import { imageOf, templateVersion } from '../objects/describe.ts';
import { changeCause, historyOf } from './history.ts';
import type { FullRevision } from '../revisions/revisions.ts';
import type { Service } from '../service.ts';

const shown = 10;

/** What changed last and when: the versions that the cluster keeps of the pod template, the newest first. */
export const revisionsView = async (
  service: Service,
  call: Pick<Call, 'signal' | 'clock'>,
): Promise<DataFinding<Revisions>> => {
  const { revisions, present } = await historyOf(service, await service.read(call.signal), call);
  const now = call.clock.now().getTime();
  const newest = revisions.slice(0, shown);
  if (newest.length === 0) return { verdict: 'ok', summary: 'no revision is kept', data: { revisions: [] } };
  const entries = newest.map((revision, index) => ({
    revision: revision.number,
    present: revision.uid === present?.uid,
    at: momentOf(revision, revisions),
    version: templateVersion(service, revision.template),
    image: imageOf(service, revision.template) ?? null,
    cause: causeOf(service, revision, newest[index + 1]),
  }));
  const [last] = entries;
  const current = entries.find((one) => one.present) ?? last;
  const since = current?.at ? `since ${age(now - Date.parse(current.at))}` : 'brought back';
  return {
    verdict: 'ok',
    summary: `revision ${current?.revision}, version ${current?.version}, ${since}`,
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
        one.at === null ? null : age(now - Date.parse(one.at)),
        one.version,
        one.image,
        one.present ? `${one.cause} (present)` : one.cause,
      ]),
    },
    data: { revisions: entries },
  };
};

/**
 * When a revision began. One that an undo brought back got a new number and kept its old date: when that was is not kept
 * anywhere, so it is null.
 */
const momentOf = (revision: FullRevision, all: readonly FullRevision[]): string | null => {
  const at = beganAt(revision);
  const wasLater = all.some((other) => other.number < revision.number && Date.parse(beganAt(other)) > Date.parse(at));
  return wasLater ? null : at;
};

/** A restart says when it was, in the template. */
const beganAt = ({ template, createdAt }: FullRevision): string => {
  const stamp = stampOf(template);
  return stamp !== undefined && Date.parse(stamp) > Date.parse(createdAt) ? stamp : createdAt;
};

/** What somebody wrote down about it, unless it was only handed down from the one before; else what differs from that. */
const causeOf = (service: Service, revision: FullRevision, before: FullRevision | undefined): string => {
  const said = changeCause(revision);
  if (!before) return said ?? 'the oldest that is kept';
  const same = templateKey(before.template) === templateKey(revision.template);
  if (same && stampOf(before.template) !== stampOf(revision.template)) return 'restarted';
  if (said !== undefined && said !== changeCause(before)) return said;
  const [from, to] = [before, revision].map(({ template }) => templateVersion(service, template));
  return from === to ? 'template changed' : `version ${from} -> ${to}`;
};
