import * as z from 'zod/mini';
import { amount, mapping, optional, shared, text } from './leaf.ts';
import { filling } from './placeholders.ts';

const listExpected = 'a list of words such as [systemctl, restart, app]';
const expected = `${listExpected}, or a mapping with \`command\``;

/** A number in a list of words is the word that it is written as; `load.ts` keeps the spelling (`1.10`). */
const word = shared(() =>
  z.pipe(
    z.union([z.string(), z.number(), z.boolean()], 'a word'),
    z.transform((value: string | number | boolean) => String(value)),
  ),
);

const withoutNul = (value: string) => !value.includes('\0');

/** Words for a program, possibly none. */
export const words = shared(() =>
  z.array(word().check(z.refine(withoutNul, 'a word without a NUL character')), listExpected),
);

/** A program and its words, in which `{{name}}` may stand for one of `placeholders`, beside those that every command has. */
export const command = shared((placeholders: readonly string[] = []) =>
  filling(words().check(z.refine((argv) => (argv[0] ?? '').trim() !== '', listExpected)), placeholders),
);

/** What a command may have besides its words. */
export const commandOptions = {
  timeoutSeconds: optional(amount('seconds')),
  environment: optional(z.record(text(), word(), 'a mapping of environment variables')),
};

/** The long form of an argument list; also the rest of every `provider: command`. */
export const commandShape = shared((placeholders: readonly string[] = []) => ({
  command: command(placeholders),
  ...commandOptions,
}));

/** Words, or a mapping with `command` and options. Run without a shell; `{{name}}` fills in a whole word or part of one. */
export const argumentList = shared((placeholders: readonly string[] = []) =>
  z.union([command(placeholders), mapping(commandShape(placeholders), expected)], expected),
);

export type ArgumentList = z.output<ReturnType<typeof argumentList>>;

export interface CommandLine {
  /** The program and its words. */
  readonly command: readonly string[];
  readonly timeoutMs?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The one form that both ways of writing an argument list stand for. */
export const commandLine = (written: ArgumentList): CommandLine => {
  if (Array.isArray(written)) return { command: written };
  const { timeoutSeconds, ...rest } = written;
  return timeoutSeconds === undefined ? rest : { ...rest, timeoutMs: timeoutSeconds * 1000 };
};
