import type { ConfirmationRequest, Prompts, Question, Requirement } from '../../engine/plan/confirmation.ts';
import { ask } from './ask.ts';
import { planCard } from '../session/card.ts';
import { truncate, wrap } from '../layout.ts';
import { clean } from '../sanitise.ts';
import type { Terminal } from '../sink.ts';
import { command, dim, strong, warn } from '../text.ts';
import type { Text } from '../text.ts';

export interface PromptsOptions {
  /** Cancels the question that is open and all later ones; they reject with its reason. */
  readonly signal?: AbortSignal;
}

/** Questions on standard error, answered on standard input. Inquirer is loaded with the first of them. */
export const createPrompts = (terminal: Terminal, options: PromptsOptions = {}): Prompts => {
  const bare = {
    prefix: terminal.bytes(command(terminal.symbols.doing)),
    style: { message: (text: string) => text, answer: (text: string) => text },
  };

  const input = async (message: Text): Promise<string | undefined> => {
    const inquirer = await import('@inquirer/prompts');
    return ask(terminal, options, (context) =>
      inquirer.input({ message: terminal.bytes(message), theme: bare, transformer: (value) => clean(value) }, context),
    );
  };

  const select = async (message: Text, choices: readonly Choice[]): Promise<string | undefined> => {
    const inquirer = await import('@inquirer/prompts');
    const none = '';
    // The cursor begins on the answer that does nothing: no single key decides anything.
    const answer = await ask(terminal, options, (context) =>
      inquirer.select(
        {
          message: terminal.bytes(message),
          choices: [
            ...choices.map(({ id, title, unavailable }) => ({
              value: id,
              name: oneLine(terminal, title),
              disabled: unavailable !== undefined && `(not available: ${oneLine(terminal, unavailable)})`,
            })),
            { value: none, name: 'stop here' },
          ],
          default: none,
          loop: false,
          theme: {
            ...bare,
            icon: { cursor: terminal.symbols.doing },
            style: {
              ...bare.style,
              highlight: (text: string) => terminal.bytes(strong(clean(text))),
              disabled: (text: string) => terminal.bytes(dim(clean(text))),
              keysHelpTip: () => terminal.bytes(dim('arrows to move, Enter to choose, Ctrl-C to leave')),
            },
          },
        },
        context,
      ),
    );
    return answer === none ? undefined : answer;
  };

  return {
    confirm: async (request, requirement) => {
      const { confirmed, remark } = await confirmation(terminal, request, requirement, input);
      if (remark !== undefined) terminal.alert(warn(truncate(remark, terminal.width, terminal.symbols.ellipsis)));
      return confirmed;
    },

    choose: async (question) => {
      const seen = terminal.redactor.redactJson(question);
      for (const line of questionLines(terminal, seen)) terminal.alert(line);
      return select(strong(clean(seen.title)), question.options);
    },

    acknowledge: async (instruction) => {
      const { title, instruction: text } = terminal.redactor.redactJson(instruction);
      terminal.alert('');
      terminal.alert([strong('For you to do: '), strong(title)]);
      for (const line of paragraphs(terminal, text)) terminal.alert(line);
      const answer = await select('Then say', [
        { id: 'done', title: 'done' },
        { id: 'skipped', title: 'skipped' },
      ]);
      if (answer !== 'done' && answer !== 'skipped') return undefined;
      const note = await input(['A note for the record ', dim('(may be empty)'), ':']);
      return note === undefined ? undefined : { answer, note: note.trim() };
    },
  };
};

interface Choice {
  readonly id: string;
  readonly title: string;
  readonly unavailable?: string;
}

/** `remark`: what made it a no, where that was not the plain answer. That it was declined is told by who asked. */
const confirmation = async (
  terminal: Terminal,
  request: ConfirmationRequest,
  requirement: Requirement,
  input: (message: Text) => Promise<string | undefined>,
): Promise<{ readonly confirmed: boolean; readonly remark?: string }> => {
  terminal.alert('');
  const { width, symbols, redactor } = terminal;
  const { rows = 24 } = terminal.streams.stderr;
  for (const line of planCard(request, { width, symbols, redactor, rows })) terminal.alert(line);
  const phrase = requirement.kind === 'type' ? requirement.phrase : undefined;
  const answer = await input(
    phrase === undefined
      ? [strong('Do it?'), ' ', dim('[y/N]')]
      : [strong('Type '), command(phrase), strong(' to do it:')],
  );
  if (answer === undefined) return { confirmed: false, remark: 'End of input.' };
  if (phrase === undefined) return { confirmed: isYes(answer) };
  const mistyped = answer !== phrase && answer !== '';
  return { confirmed: answer === phrase, ...(mistyped && { remark: `That is not "${phrase}".` }) };
};

const isYes = (answer: string): boolean => /^y(es)?$/i.test(answer.trim());

const questionLines = (terminal: Terminal, question: Question): readonly Text[] => {
  const { advice } = question;
  const advised = question.options.find((option) => option.id === advice?.option)?.title ?? advice?.option;
  return [
    '',
    ...paragraphs(terminal, question.question).map((line) => strong(line)),
    ...(advice ? paragraphs(terminal, `Advice: ${advised}, because ${advice.because}`) : []),
  ];
};

/** Text from a configuration or a provider, broken by us and indented: it cannot look like anything of ours. */
const paragraphs = (terminal: Terminal, text: string): readonly string[] =>
  text.split(/\r?\n/).flatMap((line) => wrap(clean(line), terminal.width - 2).map((part) => `  ${part}`));

const oneLine = (terminal: Terminal, text: string): string => clean(terminal.redactor.redact(text));
