import type { LoadedConfig } from '../../config/file/load.ts';
import { quoted } from '../../config/trust/quoted.ts';
import { standingOf } from '../../config/trust/standing.ts';
import type { Untrusted } from '../../config/trust/standing.ts';
import type { TrustStore } from '../../config/trust/store.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Terminal } from '../../terminal/sink.ts';

export interface GateDeps {
  readonly loaded: LoadedConfig;
  /** What named the configuration; undefined where it was found by walking up. */
  readonly named: '--config' | 'RB_CONFIG' | undefined;
  readonly store: () => Promise<TrustStore>;
  readonly terminal: () => Promise<Terminal>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What stands before everything that a configuration would have run, resolved or contacted. */
export interface Gate {
  /** Why it must not; undefined where it may. */
  fault(): Promise<RunbookError | undefined>;
  /** At a terminal asks whether it may. Errors: `usage` where it must not, `declined` where the operator said no. */
  require(): Promise<void>;
}

export const openGate = ({ loaded, named, store, terminal, env }: GateDeps): Gate => {
  const look = () => standingOf(loaded, named, store);
  let standing: Promise<Untrusted | undefined> | undefined;
  const fault = async () => {
    const untrusted = await (standing ??= look());
    return untrusted && faultOf(loaded, named, untrusted);
  };
  return {
    fault,
    require: async () => {
      const untrusted = await (standing ??= look());
      if (!untrusted) return;
      const shown = await terminal();
      if (shown.interactive && !untrusted.obstacle) {
        const { askToTrust } = await import('./trust-question.ts');
        const { reason, before } = untrusted;
        await askToTrust({ loaded, reason, before, terminal: shown, store: await store(), env });
        standing = look();
      }
      const left = await fault();
      if (left) throw left;
    },
  };
};

/** So much of a difference fits into an error; `rb trust` shows all of it. */
const mostLines = 20;

const faultOf = async (
  loaded: LoadedConfig,
  named: GateDeps['named'],
  { reason, before, obstacle, next }: Untrusted,
): Promise<RunbookError> => {
  const lines = before ? (await import('./trust-question.ts')).whatChanged(loaded, before) : [];
  const path = quoted(loaded.path);
  return new RunbookError(
    'usage',
    [
      `${loaded.path} ${reason}: nothing in it is run, resolved or contacted.`,
      ...lines.slice(0, mostLines).map((line) => `  ${line}`),
      ...(lines.length > mostLines ? ['  ...'] : []),
    ].join('\n'),
    {
      next: [
        ...next,
        `rb trust ${path}`,
        ...(named === undefined && !obstacle ? [`or name it yourself: -c ${path}`] : []),
      ],
    },
  );
};
