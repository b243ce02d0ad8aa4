import { keyPath } from '../../config/file/key-path.ts';
import type { LoadedConfig } from '../../config/file/load.ts';
import { textDifference } from '../../config/trust/difference.ts';
import { entryFor, textWithoutSecrets } from '../../config/trust/entry.ts';
import { deeds, reachOf } from '../../config/trust/reach.ts';
import type { Reach } from '../../config/trust/reach.ts';
import type { TrustEntry, TrustStore } from '../../config/trust/store.ts';
import { RunbookError } from '../../engine/errors.ts';
import { ask } from '../../terminal/asking/ask.ts';
import { wrap } from '../../terminal/layout.ts';
import { clean } from '../../terminal/sanitise.ts';
import type { Terminal } from '../../terminal/sink.ts';
import { command, dim, frame, strong, warn } from '../../terminal/text.ts';
import type { Text } from '../../terminal/text.ts';
import { systemActor, systemClock } from '../system.ts';

export interface Trusting {
  readonly loaded: LoadedConfig;
  /** Goes on from its path: "was found by walking up and is not trusted". */
  readonly reason: string;
  /** What it was when it was trusted, where it has changed since. */
  readonly before?: TrustEntry | undefined;
  readonly terminal: Terminal;
  readonly store: TrustStore;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Shows what trusting a configuration lets it do, asks, and writes the answer down. Errors: `declined`. */
export const askToTrust = async (of: Trusting): Promise<void> => {
  const { loaded, terminal } = of;
  terminal.alert('');
  for (const line of await meaning(of)) terminal.alert(line);
  if (!(await isConfirmed(terminal)))
    throw new RunbookError('declined', `${loaded.path} is not trusted: nothing in it was run, resolved or contacted.`);
  await trust(of);
};

export const trust = async ({ loaded, store, env }: Pick<Trusting, 'loaded' | 'store' | 'env'>): Promise<void> => {
  const { uid, login } = systemActor(env);
  store.add(await entryFor(loaded, systemClock.now(), { uid, login }));
};

/** What the text was and is, line by line. */
export const whatChanged = (loaded: LoadedConfig, before: TrustEntry): readonly string[] => {
  const lines = textDifference(before.content, textWithoutSecrets(loaded));
  return lines.length > 0 ? lines : ['(only in secrets that are written out in it, which are not shown)'];
};

/** What a line that was broken goes on with is further in, so that it cannot pass for an entry of its own. */
const continued = 4;

/**
 * All of it, nothing cut off: what is not shown is not agreed to. Each line begins with the frame and is broken by us, so that no
 * text of the file can begin a line or look like the question.
 */
export const meaning = async ({
  loaded,
  reason,
  before,
  terminal,
}: Omit<Trusting, 'store' | 'env'>): Promise<readonly Text[]> => {
  const { symbols, width, redactor } = terminal;
  const side = frame(`${symbols.frame.side} `);
  const lines = (text: string, indent: number): readonly Text[] =>
    wrap(clean(redactor.redact(text)), Math.max(20, width - 2 - indent - continued)).map((line, index) => [
      side,
      ' '.repeat(index === 0 ? indent : indent + continued),
      line,
    ]);
  const reach = await reachOf(loaded);
  const groups = Map.groupBy(reach, ({ environment }) => environment);
  const hides = reach.some(({ what }) => redactor.redact(what).includes('‹secret'));
  return [
    ...lines(`${loaded.path} ${reason}.`, 0),
    ...[...groups].flatMap(([environment, all]) => [
      side,
      ...lines(environment === undefined ? 'For every environment, rb would' : `For ${environment}, rb would`, 0),
      ...inOrder(all).flatMap((one) => lines(inWords(one), 2)),
    ]),
    ...(before
      ? [
          side,
          ...lines(`What has changed since ${before.by.login} trusted it at ${before.at}`, 0),
          ...whatChanged(loaded, before).flatMap((line) => lines(line, 2)),
        ]
      : []),
    side,
    ...(hides ? [[side, warn('What is or may be a secret is hidden here. Read the file itself.')] satisfies Text] : []),
    ...lines(`${countsOf(reach)}. The programs that it names can change without another question.`, 0),
  ];
};

const inOrder = (reach: readonly Reach[]): readonly Reach[] =>
  deeds.flatMap((deed) => reach.filter(({ does }) => does === deed));

const inWords = ({ does, environment, key, what }: Reach): string => {
  const around = environment === undefined ? '' : `${keyPath(['environments', environment])}.`;
  return `${does.padEnd(8)} ${key.slice(around.length)}: ${what}`;
};

const nouns = {
  run: ['command', 'commands'],
  resolve: ['reference', 'references'],
  contact: ['address', 'addresses'],
  read: ['file to read', 'files to read'],
  write: ['directory to write to', 'directories to write to'],
} as const satisfies Record<Reach['does'], readonly [string, string]>;

const countsOf = (reach: readonly Reach[]): string => {
  const counts = deeds.flatMap((deed) => {
    const count = reach.filter(({ does }) => does === deed).length;
    return count === 0 ? [] : [`${count} ${nouns[deed][count === 1 ? 0 : 1]}`];
  });
  return counts.length === 0 ? 'It names nothing to run, resolve or contact' : `In all: ${counts.join(', ')}`;
};

const isConfirmed = async (terminal: Terminal): Promise<boolean> => {
  const inquirer = await import('@inquirer/prompts');
  const answer = await ask(terminal, {}, (context) =>
    inquirer.input(
      {
        message: terminal.bytes([strong('Trust it?'), ' ', dim('[y/N]')]),
        theme: {
          prefix: terminal.bytes(command(terminal.symbols.doing)),
          style: { message: (text: string) => text, answer: (text: string) => text },
        },
        transformer: (value) => clean(value),
      },
      context,
    ),
  );
  return answer !== undefined && /^y(es)?$/i.test(answer.trim());
};
