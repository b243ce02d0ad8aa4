import { ask } from './ask.ts';
import { padEnd, truncate, widthOf } from '../layout.ts';
import { clean } from '../sanitise.ts';
import type { Terminal } from '../sink.ts';
import { command, dim, strong } from '../text.ts';

export interface MenuEntry {
  /** The number in the runbook: `2.1`. */
  readonly section: string;
  readonly title: string;
  /** What to type to get there: `rb restart --rolling`. */
  readonly command: string;
  readonly summary: string;
}

/**
 * Lets the person search the runbook. Returns the `command` of the entry that was chosen; `undefined` at the end of input.
 * Errors: `RunbookError('interrupted')` on Ctrl-C.
 */
export const chooseFromMenu = async (
  terminal: Terminal,
  entries: readonly MenuEntry[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<string | undefined> => {
  const inquirer = await import('@inquirer/prompts');
  const sectionWidth = Math.max(0, ...entries.map((entry) => widthOf(entry.section)));
  const titleWidth = Math.max(0, ...entries.map((entry) => widthOf(entry.title)));
  const name = (entry: MenuEntry): string => {
    const line = `${padEnd(entry.section, sectionWidth)}  ${padEnd(entry.title, titleWidth)}  ${entry.command}`;
    return truncate(clean(line), terminal.width - 3, terminal.symbols.ellipsis);
  };
  return ask(terminal, options, (context) =>
    inquirer.search(
      {
        message: terminal.bytes(strong('Runbook:')),
        source: (term) =>
          matching(entries, term ?? '').map((entry) => ({
            value: entry.command,
            name: name(entry),
            short: clean(entry.command),
            description: clean(entry.summary),
          })),
        pageSize: Math.max(5, Math.min(entries.length, (terminal.streams.stderr.rows ?? 24) - 6)),
        theme: {
          icon: { cursor: terminal.symbols.doing },
          prefix: terminal.bytes(command(terminal.symbols.doing)),
          style: {
            message: (text: string) => text,
            answer: (text: string) => terminal.bytes(command(text)),
            highlight: (text: string) => terminal.bytes(strong(text)),
            searchTerm: (text: string) => clean(text),
            description: (text: string) => terminal.bytes(dim(text)),
            keysHelpTip: () => terminal.bytes(dim('type to search, arrows to move, Enter to choose, Ctrl-C to leave')),
          },
        },
      },
      context,
    ),
  );
};

/** Entries in which each word of `term` occurs somewhere. */
const matching = (entries: readonly MenuEntry[], term: string): readonly MenuEntry[] => {
  const words = term.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter((entry) => {
    const text = `${entry.section} ${entry.title} ${entry.command} ${entry.summary}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
};
