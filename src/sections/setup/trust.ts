import { findConfig } from '../../config/file/find.ts';
import { sha256 } from '../../files/sha256.ts';
import { realPathOf } from '../../files/real-path.ts';
import { readSource } from '../../config/file/source.ts';
import { openTrustStore } from '../../config/trust/store.ts';
import type { TrustEntry } from '../../config/trust/store.ts';
import type { Verdict } from '../../engine/finding.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Rb } from '../section.ts';

export interface TrustFlags {
  readonly list?: true;
  readonly revoke?: true;
  readonly all?: true;
  /** `--config`, which names a file here as it does everywhere. */
  readonly config?: string;
  readonly dryRun?: true;
}

export const trust = async (rb: Rb, named: string | undefined, flags: TrustFlags): Promise<void> => {
  const { list, revoke, all } = flags;
  if (list && (revoke || named !== undefined)) throw new RunbookError('usage', '--list stands alone.');
  if (all && (!revoke || named !== undefined))
    throw new RunbookError('usage', '--all goes with --revoke, and without a file.', {
      next: ['rb trust --revoke --all'],
    });
  if (list) return showTrusted(rb);
  if (revoke) return revokeTrust(rb, named ?? flags.config, flags);
  return rb.trust(named);
};

const showTrusted = async (rb: Rb): Promise<void> => {
  const store = openTrustStore(rb.world);
  const entries = store.entries().map((entry) => ({ ...entry, now: presentState(entry) }));
  await rb.show({
    verdict: 'ok',
    summary: `${entries.length} trusted, in ${store.directory}`,
    evidence: {
      columns: [{ title: 'configuration' }, { title: 'trusted at' }, { title: 'by' }, { title: 'now' }],
      rows: entries.map(({ path, at, by, now }) => [path, at, by.login, { text: now, verdict: verdictOf[now] }]),
    },
    data: entries.map(({ path, at, by, sha256, now }) => ({ path, at, by, sha256, now })),
  });
};

const verdictOf = { unchanged: 'ok', changed: 'warn', gone: 'unknown' } as const satisfies Record<string, Verdict>;

const presentState = (entry: TrustEntry): keyof typeof verdictOf => {
  try {
    return sha256(readSource(entry.path, entry.path).text) === entry.sha256 ? 'unchanged' : 'changed';
  } catch {
    return 'gone';
  }
};

const revokeTrust = async (rb: Rb, named: string | undefined, { all, dryRun }: TrustFlags): Promise<void> => {
  const { env, cwd } = rb.world;
  const store = openTrustStore(rb.world);
  const paths = all ? store.entries().map(({ path }) => path) : [pathOf(named, env, cwd)];
  const revoked = paths.filter((path) => (dryRun ? store.entry(path) !== undefined : store.remove(path)));
  const did = dryRun ? 'would not be trusted any more' : 'not trusted any more';
  await rb.show({
    verdict: revoked.length > 0 || all ? 'ok' : 'warn',
    summary:
      revoked.length > 0 ? `${did}: ${revoked.join(', ')}` : `not trusted before: ${paths.join(', ') || 'nothing is'}`,
    data: { revoked },
  });
};

/** A file that is gone can still be named. */
const pathOf = (named: string | undefined, env: Rb['world']['env'], cwd: string): string =>
  named === undefined ? findConfig({ env, cwd }) : realPathOf(named, cwd);
