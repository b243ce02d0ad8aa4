import * as z from 'zod/mini';
import type { Finding } from '../../engine/finding.ts';
import type { StepContext } from '../../engine/procedure.ts';
import type { BlockingView, PreparedTransaction, Session } from '../../providers/database/port.ts';
import { procedure } from '../ports.ts';
import { blockingFinding } from './blocking.ts';
import { cancelling } from './cancel-action.ts';
import { serverOf } from './one-session.ts';
import type { Chosen, OnContext } from './one-session.ts';
import { rollingBack } from './rollback-prepared-action.ts';
import { terminating } from './terminate-action.ts';
import { thenTerminate } from './then-terminate.ts';
import { counted } from './units.ts';

/** The root that makes most others wait, as the first step found it. */
interface Root {
  readonly id: string;
  readonly session: Session | null;
  readonly prepared: PreparedTransaction | null;
  readonly waitingCount: number;
}

type Findings = StepContext<unknown>['findings'];

const rootIn = (findings: Findings): Root | undefined =>
  (findings.get('blocking')?.data as unknown as { readonly roots: readonly Root[] } | undefined)?.roots[0];

/** What can be done about a root. A session that works has a statement to cancel; one that is idle holds its locks without. */
type Way = 'nothing' | 'cancel' | 'terminate' | 'roll back';

const wayFor = (root: Root | undefined): Way => {
  if (!root) return 'nothing';
  if (root.prepared) return 'roll back';
  // What cannot be seen is refused by the plan of the cancel, with the reason.
  return root.session?.state?.startsWith('idle') ? 'terminate' : 'cancel';
};

const is =
  (way: Way) =>
  ({ findings }: Pick<StepContext<unknown>, 'findings'>): boolean =>
    wayFor(rootIn(findings)) === way;

const sessionOfRoot: Chosen = (findings) => {
  const root = rootIn(findings);
  return (
    root?.session ?? ({ pid: Number(root?.id), backendStart: '', user: null, kind: null, application: '' } as Session)
  );
};

const waiters = ({ findings }: Pick<OnContext, 'findings'>): readonly string[] => [
  `${counted(rootIn(findings)?.waitingCount ?? 0, 'session')} wait for it`,
];

const preparedOfRoot = (findings: Findings): PreparedTransaction => {
  const prepared = rootIn(findings)?.prepared;
  if (!prepared) throw new Error('the root is no prepared transaction');
  return prepared;
};

/** Section 3.3 of the runbook, "Kill blocking query if safe": what stands at the root of those that wait. */
export const blockingResolve = procedure({
  id: 'db.blocking.resolve',
  section: '3.3',
  title: 'Resolve the blocking',
  needs: ['database', 'settings'],
  input: z.object({ on: z.optional(z.string()) }),
  steps: ({ precondition, action, verification }) => [
    precondition('blocking', 'Blocking queries', async (context) => {
      const finding = blockingFinding(await serverOf(context).blocking(context));
      // It is what the command is there for, not a reason to refuse it.
      return { ...finding, verdict: finding.verdict === 'critical' ? 'warn' : finding.verdict };
    }),
    { ...action('cancel', 'Cancel the statement of the root', cancelling(sessionOfRoot, waiters)), when: is('cancel') },
    thenTerminate('cancel', sessionOfRoot),
    {
      ...action('terminate', 'End the session of the root', terminating(sessionOfRoot, waiters)),
      when: is('terminate'),
    },
    {
      ...action('rollback', 'Roll the prepared transaction back', rollingBack(preparedOfRoot)),
      when: is('roll back'),
    },
    {
      ...verification('after', 'Those that waited', async (context) =>
        judgeAfter(rootIn(context.findings), await serverOf(context).blocking(context)),
      ),
      when: (context) => !is('nothing')(context),
    },
  ],
  summarise: ({ findings }) =>
    rootIn(findings) ? `${findings.get('after')?.summary}.` : `${findings.get('blocking')?.summary}: nothing to do.`,
  afterFailure: () => ['rb db blocking', 'rb db running'],
});

/** Others may have got the lock meanwhile, and make the rest wait: that is what was wanted. */
export const judgeAfter = (root: Root | undefined, view: BlockingView): Finding => {
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
    ? { verdict: 'ok', summary: `${blocker} makes nobody wait any more, and nobody waits for a lock`, data }
    : {
        verdict: 'warn',
        summary: `${blocker} makes nobody wait any more; ${counted(waiting, 'session')} still wait for others`,
        data,
      };
};
