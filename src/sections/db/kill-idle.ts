import * as z from 'zod/mini';
import type { Change } from '../../engine/change.ts';
import type { Finding } from '../../engine/finding.ts';
import type { Context } from '../../engine/procedure.ts';
import type { EndedSession } from '../../providers/database/port.ts';
import { procedure } from '../ports.ts';
import type { Ports } from '../ports.ts';
import { idleFinding } from './idle-finding.ts';
import { planEnding, selectedIn } from './kill-idle-plan.ts';
import { selectIdle } from './idle-selection.ts';
import { judgeEnding, stillToEnd } from './ending-judgement.ts';
import { serverNamed } from './server.ts';
import { waitUntilGone } from './sessions-gone.ts';
import { counted } from './units.ts';

/** Whole names; none is no restriction. */
const names = z.array(z.string());

const KillIdleInput = z.object({
  olderThanMs: z.number().check(z.gte(0)),
  users: names,
  applications: names,
  databases: names,
  includeIdleInTransaction: z.boolean(),
  on: z.optional(z.string()),
});
type KillIdleContext = Context<z.output<typeof KillIdleInput>, Pick<Ports, 'database' | 'settings'>>;

/**
 * Section 2.3 of the runbook, "Kill idle connections". Who is ended is decided once, by the first step; each is ended only
 * while it is the same session and has gone on doing nothing.
 */
export const killIdle = procedure({
  id: 'db.kill-idle',
  section: '2.3',
  title: 'End idle connections',
  needs: ['database', 'settings'],
  input: KillIdleInput,
  steps: ({ precondition, action }) => [
    precondition('idle', 'Idle sessions', (context) => lookForIdle(context)),
    {
      ...action('terminate', 'End idle sessions', {
        tier: 'disruptive',
        plan: async (context) => {
          const selected = selectedIn(context.findings.get('idle'));
          return planEnding(selected, await serverOf(context).sessionsStillThere(selected.ends, context));
        },
        apply: (context, change) => terminateAll(context, change),
        verify: (context, _, told) => goneFromServer(context, told),
      }),
      when: ({ findings }) => selectedIn(findings.get('idle')).ends.length > 0,
    },
  ],
  summarise: ({ findings }) => `${findings.get('terminate')?.summary ?? findings.get('idle')?.summary}.`,
  stateLeft: async (context) => {
    const { ends } = selectedIn(context.findings.get('idle'));
    const { sessions } = await serverOf(context).sessionsStillThere(ends, context);
    return `${stillToEnd(ends, sessions).length} of ${counted(ends.length, 'session')} are still there and idle.`;
  },
  afterFailure: () => ['rb db connections', 'rb db kill-idle --dry-run'],
});

const serverOf = ({ database, input }: KillIdleContext) => serverNamed(database, input.on);

const lookForIdle = async (context: KillIdleContext): Promise<Finding> => {
  const { input, settings } = context;
  const server = serverOf(context);
  // One after the other: this is typed where connections are scarce.
  const idle = await server.idleSessions(input, context);
  // Only for the sake of being told that they stay: not worth a failure.
  const replication = await server.replication(context).catch(() => undefined);
  const never = settings.environment.database?.neverTerminate ?? { users: [], applications: [], databases: [] };
  const selection = selectIdle(idle.sessions, replication?.receivers ?? [], {
    filter: input,
    never,
    role: idle.server.user,
  });
  return idleFinding(selection, idle, input.olderThanMs);
};

/** Fewer are ended before anybody has read how far it is. */
const worthABar = 50;

/** All at once on one connection; the server checks each again. */
const terminateAll = async (context: KillIdleContext, change: Change): Promise<readonly EndedSession[]> => {
  const { sessions } = change.data as unknown as {
    readonly sessions: readonly (EndedSession & { stateSince: string })[];
  };
  let [answered, told] = [0, 0];
  const onEach = () => {
    answered += 1;
    const tenths = Math.floor((answered * 10) / sessions.length);
    if (tenths === told || sessions.length < worthABar) return;
    told = tenths;
    context.report({ status: `${answered} of ${sessions.length} asked to end`, share: answered / sessions.length });
  };
  const { results } = await serverOf(context).endSessions({ how: 'terminate', sessions }, context, onEach);
  return results;
};

const goneFromServer = async (context: KillIdleContext, told: unknown): Promise<Finding> => {
  const { ends } = selectedIn(context.findings.get('idle'));
  const results = told as readonly EndedSession[] | undefined;
  const server = serverOf(context);
  const { sessions, unseen } = results
    ? await waitUntilGone(
        server,
        results.filter(({ outcome }) => outcome === 'done'),
        context,
      )
    : await server.sessionsStillThere(ends, context);
  return judgeEnding(ends, sessions, results, unseen);
};
