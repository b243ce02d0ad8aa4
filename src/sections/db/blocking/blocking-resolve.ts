import * as z from 'zod/mini';
import type { DataFinding } from '../../../engine/finding.ts';
import type { Reads } from '../../../engine/procedure/context.ts';
import type { BlockingView } from '../../../providers/database/port.ts';
import { procedure } from '../../ports.ts';
import { BlockingData } from './blocking-data.ts';
import type { BlockerData } from './blocking-data.ts';
import { blockingFinding } from './blocking.ts';
import { cancelling } from '../ending/cancel-action.ts';
import type { ChosenSession } from '../ending/one-session.ts';
import { rollingBack } from './rollback-prepared-action.ts';
import { onServer, serverOf } from '../reading/server.ts';
import { terminating } from '../ending/terminate-action.ts';
import { thenTerminate } from '../ending/then-terminate.ts';
import { counted } from '../../../words/counts.ts';

/** The root that makes most others wait, as the first step found it. */
type Root = Pick<BlockerData, 'id' | 'session' | 'prepared' | 'waitingCount'>;

/** What can be done about a root. A session that works has a statement to cancel; one that is idle holds its locks without. */
type Way = 'nothing' | 'cancel' | 'terminate' | 'roll back';

const wayFor = (root: Root | undefined): Way => {
  if (!root) return 'nothing';
  if (root.prepared) return 'roll back';
  // What cannot be seen is refused by the plan of the cancel, with the reason.
  return root.session?.state?.startsWith('idle') ? 'terminate' : 'cancel';
};

const sessionOf = (root: Root | undefined): ChosenSession =>
  root?.session ?? {
    pid: Number(root?.id),
    backendStart: '',
    user: null,
    database: null,
    application: '',
    kind: null,
  };

const AfterData = z.object({ stillBlocks: z.boolean(), waiting: z.number() });

/** Section 3.3 of the runbook, "Kill blocking query if safe": what stands at the root of those that wait. */
export const blockingResolve = procedure({
  id: 'db.blocking.resolve',
  section: '3.3',
  title: 'Resolve the blocking',
  purpose: 'Queries wait for a lock whose holder does not end by itself.',
  needs: { database: 'required', settings: 'required' },
  input: z.object(onServer),
  steps: (say) => {
    const blocking = say.precondition('blocking', 'Blocking queries', {
      data: BlockingData,
      look: async (context) => {
        const finding = blockingFinding(await (await serverOf(context)).blocking(context));
        // It is what the command is there for, not a reason to refuse it.
        return { ...finding, verdict: finding.verdict === 'critical' ? 'warn' : finding.verdict };
      },
    });
    // One that waits for what is not seen stands at a root too: it is a victim, and not the one to end.
    const rootIn = ({ read }: Reads): Root | undefined =>
      read(blocking).roots.find(({ waitingCount }) => waitingCount > 0);
    const way = (reads: Reads): Way => wayFor(rootIn(reads));
    const session = (reads: Reads): ChosenSession => sessionOf(rootIn(reads));
    const waiters = (reads: Reads) => [`${counted(rootIn(reads)?.waitingCount ?? 0, 'session')} wait for it`];

    const cancelled = say.action('cancel', 'Cancel the statement of the root', {
      ...cancelling(session, waiters),
      when: (context) => way(context) === 'cancel',
    });
    const { question } = thenTerminate(say, cancelled, session);
    const ended = say.action('terminate', 'End the session of the root', {
      ...terminating(session, waiters),
      when: (context) => way(context) === 'terminate',
    });
    const rolledBack = say.action('rollback', 'Roll the prepared transaction back', {
      ...rollingBack((reads) => {
        const prepared = rootIn(reads)?.prepared;
        if (!prepared) throw new Error('the root is no prepared transaction');
        return prepared;
      }),
      when: (context) => way(context) === 'roll back',
    });
    const after = say.verification('after', 'Those that waited', {
      data: AfterData,
      when: (context) => way(context) !== 'nothing',
      look: async (context) => judgeAfter(rootIn(context), await (await serverOf(context)).blocking(context)),
    });
    return {
      steps: [blocking, cancelled, question, ended, rolledBack, after],
      summary: (run) =>
        rootIn(run) ? `${run.seen(after)?.summary}.` : `${run.seen(blocking)?.summary}: nothing to do.`,
      afterFailure: () => ['rb db blocking', 'rb db running'],
    };
  },
});

/** Others may have got the lock meanwhile, and make the rest wait: that is what was wanted. */
export const judgeAfter = (root: Root | undefined, view: BlockingView): DataFinding<z.output<typeof AfterData>> => {
  const blocker = root?.prepared ? `the prepared transaction "${root.prepared.gid}"` : `pid ${root?.id}`;
  const waiting = view.sessions.filter(({ waitsForLock }) => waitsForLock !== null).length;
  const still = root?.prepared
    ? view.prepared.some(
        ({ gid, transaction, blocks }) =>
          gid === root.prepared?.gid && transaction === root.prepared.transaction && blocks.length > 0,
      )
    : view.edges.some((edge) => String(edge.blocker) === root?.id);
  const data = { stillBlocks: still, waiting };
  if (still) return { verdict: 'critical', summary: `${blocker} still makes others wait`, data };
  return waiting === 0
    ? {
        verdict: 'ok',
        summary: `${blocker} does not block any session any more, and no session waits for a lock`,
        data,
      }
    : {
        verdict: 'warn',
        summary: `${blocker} does not block any session any more; ${counted(waiting, 'session')} still wait for others`,
        data,
      };
};
