import { messageOf, RunbookError } from '../../../../engine/errors.ts';
import type { AnyFinding } from '../../../../engine/finding.ts';
import { poll } from '../../../../engine/poll.ts';
import { isThrottled } from '../../../../clients/aws/failure.ts';
import type { Call } from '../../port.ts';
import { deploymentsTable } from './deployments-table.ts';
import type { Seen } from '../tasks/seen.ts';
import type { EcsService } from '../service.ts';
import { unended } from '../words.ts';

/** One look while something is waited for. */
export interface Look {
  readonly seen: Seen;
  /** Milliseconds since the wait began. */
  readonly waitedMs: number;
}

/** What a look means: over, or go on; `bad`: look again sooner. */
export type Judgement = { readonly over: AnyFinding } | { readonly bad: boolean };

interface Wait {
  readonly judge: (look: Look) => Promise<Judgement> | Judgement;
  /** The finding when the configured time is over. */
  readonly late: (look: Look) => Promise<AnyFinding> | AnyFinding;
  /** Something was sent a moment ago: the first look comes after the first pause. */
  readonly justSent: boolean;
  /** A task comes up sooner than a deployment does: look every 5 s. */
  readonly sooner?: boolean;
  /** Whoever judges shows a table of its own: not that of the deployments. */
  readonly ownTable?: boolean;
  /** Events up to then were there before. ISO 8601; null for none. */
  readonly eventsSince: string | null;
  /** Default: the configured time in which tasks become ready. */
  readonly forMs?: number;
}

/**
 * Every 5 to 15 s, and not all of us at the same moment. Where all is well as often as `aws ecs wait services-stable`
 * looks, whose first look comes at once: so that a clean run asks no more often than that.
 */
const pausesMs = { well: [14_600, 15_000], bad: [5000, 5500] } as const;
const throttledFirstMs = 30_000;
const throttledPauseMs = 60_000;
const blindForMs = 120_000;

/**
 * Looks at the service until `judge` has a finding. Tells each service event once and the deployments whenever they change.
 * Throttling makes the pauses longer and nothing else; when ECS cannot be asked for two minutes the finding is `unknown`.
 */
export const watch = async (service: EcsService, call: Call, wait: Wait): Promise<AnyFinding> => {
  const { clock, signal } = call;
  const tell = teller(call, wait);
  const began = clock.monotonic();
  const forMs = wait.forMs ?? service.config.readyTimeoutMs;
  const waitedMs = () => clock.monotonic() - began;
  let answeredAt = began;
  let throttled = 0;
  let bad = wait.sooner === true;
  let last: Look | undefined;

  const look = async (): Promise<AnyFinding | undefined> => {
    try {
      const seen = await service.look(call, 'new');
      last = { seen, waitedMs: waitedMs() };
      answeredAt = clock.monotonic();
      throttled = 0;
      tell(seen);
      const judgement = await wait.judge(last);
      if ('over' in judgement) return judgement.over;
      bad = judgement.bad || wait.sooner === true;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RunbookError)) throw error;
      if (isThrottled(error)) {
        if (throttled++ === 0) call.report({ note: 'AWS throttles: looking less often' });
        answeredAt = clock.monotonic();
      } else if (error.kind === 'unreachable') {
        if (clock.monotonic() - answeredAt >= blindForMs)
          return { verdict: 'unknown', summary: `how it ended cannot be seen: ${messageOf(error)}` };
      } else return { verdict: 'critical', summary: unended(messageOf(error)) };
    }
    return undefined;
  };

  const nextMs = () => pause({ bad, throttled });
  if (wait.justSent) await clock.sleep(Math.min(nextMs(), forMs), signal);
  const over = await poll({ everyMs: nextMs, forMs: forMs - waitedMs(), clock, signal }, look);
  if (over) return over;
  return last === undefined
    ? { verdict: 'unknown', summary: 'how it ended cannot be seen: AWS did not answer in time' }
    : wait.late({ ...last, waitedMs: waitedMs() });
};

const pause = ({ bad, throttled }: { readonly bad: boolean; readonly throttled: number }): number => {
  if (throttled > 0)
    return Math.min(throttledPauseMs, throttledFirstMs * 2 ** (throttled - 1)) * (1 + Math.random() / 10);
  const [shortest, longest] = bad ? pausesMs.bad : pausesMs.well;
  return shortest + Math.random() * (longest - shortest);
};

const teller = (call: Call, { eventsSince, ownTable = false }: Wait) => {
  const told = new Set<string>();
  const since = eventsSince === null ? 0 : Date.parse(eventsSince);
  let last = '';
  return (seen: Seen) => {
    for (const { id, at, message } of seen.events.toReversed()) {
      if (told.has(id) || (at?.getTime() ?? 0) <= since) continue;
      told.add(id);
      call.report({ note: message });
    }
    const key = JSON.stringify(seen.deployments);
    if (ownTable || key === last) return;
    last = key;
    call.report({ table: deploymentsTable(seen) });
  };
};
