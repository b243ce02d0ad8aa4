import { RunbookError } from '../../engine/errors.ts';

/** What `{{name}}` stands for, by name. */
export type Values = Readonly<Record<string, string>>;

const placeholder = /\{\{\s*([A-Za-z][\w.-]*)\s*\}\}/g;

/**
 * Fills `{{name}}` in a text that no program reads as an option: an environment variable, a message.
 * Errors: `usage` for a name that is not known, `refused` for a value with a NUL byte.
 */
export const fillText = (text: string, values: Values): string =>
  text.replaceAll(placeholder, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined)
      throw new RunbookError(
        'usage',
        `{{${name}}} is not known in ${JSON.stringify(text)}; known here: ${known(values)}`,
        {
          next: ['correct the name in runbook.config.yaml'],
        },
      );
    if (value.includes('\0')) throw new RunbookError('refused', `the value of {{${name}}} has a NUL byte in it`);
    return value;
  });

/**
 * Fills `{{name}}` in an argument list. A value fills a whole argument or part of one and is never split, whatever it holds.
 * An argument that begins with a placeholder is an operand: a value that would turn it into an option is `refused`.
 * Errors: `usage` for a name that is not known, listing those that are.
 */
export const fill = (argv: readonly string[], values: Values): string[] =>
  argv.map((argument) => {
    const filled = fillText(argument, values);
    if (filled.startsWith('-') && !argument.startsWith('-'))
      throw new RunbookError(
        'refused',
        `${JSON.stringify(filled)} begins with "-": the program would take it for an option where ${argument} is meant`,
      );
    return filled;
  });

const known = (values: Values): string =>
  Object.keys(values)
    .toSorted()
    .map((name) => `{{${name}}}`)
    .join(', ') || 'none';
