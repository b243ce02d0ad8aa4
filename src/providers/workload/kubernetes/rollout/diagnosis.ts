import type { Cell, DataFinding, Finding, Table } from '../../../../engine/finding.ts';
import type { JsonObject } from '../../../../engine/json.ts';
import type { Call } from '../../port.ts';
import { lastLines, shortened } from './last-lines.ts';
import type { Service } from '../service.ts';
import type { Trouble } from './trouble.ts';

/** A finding to whose data, if it has any, more can be added. */
export type Judgement = Finding | DataFinding<JsonObject>;

const shownPods = 10;
const podsWithLog = 3;

/** Why a rollout does not get through: one sentence, and the pods with the last lines of what they said. */
export const diagnose = async (
  service: Service,
  what: string,
  troubles: readonly Trouble[],
  call: Pick<Call, 'signal' | 'clock'>,
): Promise<DataFinding<JsonObject>> => {
  const shown = worstFirst(troubles).slice(0, shownPods);
  const logs = await Promise.all(shown.slice(0, podsWithLog).map((one) => lastLines(service, one, call)));
  const more = troubles.length - shown.length;
  const [worst] = shown;
  return {
    verdict: 'critical',
    summary: worst === undefined ? what : `${what}: ${sentence(worst, troubles)}`,
    ...(shown.length > 1 || (logs[0] ?? []).length > 0 ? { evidence: table(shown, logs, more) } : {}),
    data: {
      troubles: shown.map(({ pod, container, reason, message, exitCode, restarts }, index) => ({
        pod,
        container: container ?? null,
        reason,
        message: message ?? null,
        exitCode: exitCode ?? null,
        restarts,
        log: [...(logs[index] ?? [])],
      })),
      pods: troubles.length,
    },
  };
};

/** "checkout-api-5d9f-x2k8p: container app: CrashLoopBackOff, exit code 1, 3 restarts; 2 more pods as well". */
export const sentence = (one: Trouble, all: readonly Trouble[]): string => {
  const { pod, container, reason, exitCode, message, restarts } = one;
  const facts = [
    reason,
    ...(exitCode === undefined || exitCode === 0 ? [] : [`exit code ${exitCode}`]),
    ...(restarts === 0 ? [] : [restarts === 1 ? '1 restart' : `${restarts} restarts`]),
  ].join(', ');
  // What a crash says is in its log; what keeps a container from starting is only said here.
  const why = message !== undefined && exitCode === undefined ? ` (${oneLine(message)})` : '';
  const others = new Set(all.map((each) => each.pod)).size - 1;
  const more = others === 0 ? '' : `; ${others} more ${others === 1 ? 'pod' : 'pods'} in trouble`;
  return `${pod}: ${container === undefined ? '' : `container ${container}: `}${facts}${why}${more}`;
};

const oneLine = (text: string): string => {
  const [line = ''] = text.trim().split(/\r?\n/);
  return shortened(line);
};

/** Those that ended with a code tell the most, and of those the one that did so most often. */
const worstFirst = (troubles: readonly Trouble[]): readonly Trouble[] =>
  troubles.toSorted(
    (a, b) => Number(b.exitCode !== undefined) - Number(a.exitCode !== undefined) || b.restarts - a.restarts,
  );

/** One column: at 80 columns a log beside other facts would be cut off. Of a single pod the summary says the facts. */
const table = (shown: readonly Trouble[], logs: readonly (readonly string[] | undefined)[], more: number): Table => {
  const isOne = shown.length === 1;
  return {
    columns: [{ title: isOne ? 'Last lines of its log' : 'Pod, and the last lines of its log' }],
    rows: [
      ...shown.flatMap((one, index) => {
        const lines = (logs[index] ?? []).map((line): readonly Cell[] => [isOne ? line : `    ${line}`]);
        return isOne ? lines : [[{ text: sentence(one, [one]), verdict: 'critical' } as const], ...lines];
      }),
      ...(more > 0 ? [[`and ${more} more`] as const] : []),
    ],
  };
};
