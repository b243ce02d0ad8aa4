import * as z from 'zod/mini';
import type { Change } from '../../../engine/change.ts';
import type { AnyFinding, DataFinding } from '../../../engine/finding.ts';
import type { EndedSession } from '../../../providers/database/port.ts';
import { procedure } from '../../ports.ts';
import { judgeEnding, stillToEnd } from '../ending/ending-judgement.ts';
import { IdleData, idleFinding } from './idle-finding.ts';
import type { IdleSession } from './idle-finding.ts';
import { selectIdle } from './idle-selection.ts';
import { Ending, planEnding } from './kill-idle-plan.ts';
import { onServer, serverOf } from '../reading/server.ts';
import type { DatabaseContext } from '../reading/server.ts';
import { onlyUnchanged } from '../reading/session-data.ts';
import { waitUntilGone } from '../ending/sessions-gone.ts';
import { counted } from '../../../words/counts.ts';

/** Whole names; none is no restriction. */
const names = z.array(z.string());

const KillIdleInput = z.object({
  ...onServer,
  olderThanMs: z.number().check(z.gte(0)),
  users: names,
  applications: names,
  databases: names,
  includeIdleInTransaction: z.boolean(),
});
type KillIdleContext = DatabaseContext<z.output<typeof KillIdleInput>>;

/**
 * Section 2.3 of the runbook, "Kill idle connections". Who is ended is decided once, by the first step; each is ended only
 * while it is the same session and has gone on doing nothing.
 */
export const killIdle = procedure({
  id: 'db.kill-idle',
  section: '2.3',
  title: 'End idle connections',
  purpose: 'Connections run out, and many of them do nothing.',
  needs: { database: 'required', settings: 'required' },
  input: KillIdleInput,
  steps: ({ precondition, action }) => {
    const idle = precondition('idle', 'Idle sessions', {
      data: IdleData,
      look: (context) => lookForIdle(context),
    });
    const end = action('terminate', 'End idle sessions', {
      tier: 'disruptive',
      change: Ending,
      when: ({ read }) => read(idle).ends.length > 0,
      plan: async (context) => {
        const selected = context.read(idle);
        return planEnding(selected, await (await serverOf(context)).sessionsStillThere(selected.ends, context));
      },
      apply: (context, change) => terminateAll(context, change),
      verify: (context, _, results) => goneFromServer(context, context.read(idle).ends, results),
    });
    return {
      steps: [idle, end],
      summary: ({ seen }) => `${(seen(end) ?? seen(idle))?.summary}.`,
      stateLeft: async (context) => {
        const { ends } = context.read(idle);
        const { sessions } = await (await serverOf(context)).sessionsStillThere(ends, context);
        return `${stillToEnd(ends, sessions).length} of ${counted(ends.length, 'session')} are still there and idle.`;
      },
      afterFailure: () => ['rb db connections', 'rb db kill-idle --dry-run'],
    };
  },
});

const lookForIdle = async (context: KillIdleContext): Promise<DataFinding<IdleData>> => {
  const { approved, input, ports } = context;
  const { environment } = await ports.settings();
  const server = await serverOf(context);
  // One after the other: this is typed where connections are scarce.
  const idle = await server.idleSessions(input, context);
  // Only to show that they stay: not worth a failure.
  const replication = await server.replication(context).catch(() => undefined);
  const never = environment.database?.neverTerminate ?? { users: [], applications: [], databases: [] };
  const selection = selectIdle(idle.sessions, replication?.receivers ?? [], {
    filter: input,
    never,
    role: idle.server.user,
    approved,
  });
  return idleFinding(selection, idle, { olderThanMs: input.olderThanMs, approved });
};

/** Fewer are ended before a progress bar could be read. */
const worthABar = 50;

/** All at once on one connection; the server checks each again. */
const terminateAll = async (
  context: KillIdleContext,
  change: Change<z.output<typeof Ending>>,
): Promise<readonly EndedSession[]> => {
  const sessions = change.data.sessions.map(onlyUnchanged);
  let [answered, reported] = [0, 0];
  const onEach = () => {
    answered += 1;
    const tenths = Math.floor((answered * 10) / sessions.length);
    if (tenths === reported || sessions.length < worthABar) return;
    reported = tenths;
    context.report({ status: `${answered} of ${sessions.length} asked to end`, share: answered / sessions.length });
  };
  const server = await serverOf(context);
  const { results } = await server.endSessions({ how: 'terminate', sessions }, context, onEach);
  return results;
};

const goneFromServer = async (
  context: KillIdleContext,
  ends: readonly IdleSession[],
  results: readonly EndedSession[] | undefined,
): Promise<AnyFinding> => {
  const server = await serverOf(context);
  const { sessions, unseen } = results
    ? await waitUntilGone(
        server,
        results.filter(({ outcome }) => outcome === 'done'),
        context,
      )
    : await server.sessionsStillThere(ends, context);
  return judgeEnding(ends, sessions, results, unseen);
};
