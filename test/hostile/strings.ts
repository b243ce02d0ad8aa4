import { chance } from './chance.ts';

/** Runs where something executes it: `touch <canary>` in a shell, a statement in a database. */
const executions = (canary: string) =>
  [
    `$(touch ${canary})`,
    `\`touch ${canary}\``,
    `; touch ${canary} #`,
    `' ; touch ${canary} ; '`,
    `" ; touch ${canary} ; "`,
    `| touch ${canary}`,
    `&& touch ${canary}`,
    `\n touch ${canary}\n`,
    `\${IFS}$(touch\${IFS}${canary})`,
    `$(echo dG91Y2gK | base64 -d | sh; touch ${canary})`,
    `%0atouch ${canary}`,
    `{{instance}} $(touch ${canary})`,
    `\${command:touch ${canary}}`,
    `\${file:/etc/passwd}`,
    `\${env:HOME}`,
    `-o ProxyCommand=touch ${canary}`,
    `--exec=touch ${canary}`,
    `'; CREATE TABLE pwned (); --`,
    `"; CREATE TABLE pwned (); --`,
    `$$; CREATE TABLE pwned (); --`,
    `\\'; CREATE TABLE pwned (); --`,
    `*/; CREATE TABLE pwned (); /*`,
    `'); COPY pwned TO PROGRAM 'touch ${canary}'; --`,
    `E'\\'; SELECT pg_read_file('/etc/passwd') --`,
  ] as const;

/** Acts on a terminal, or on who reads it. */
const terminal = [
  '\u001B[2J\u001B[H',
  '\u001B]0;pwned\u0007',
  '\u001B]52;c;cHduZWQ=\u0007',
  '\u001B]8;;http://example.org\u0007link\u001B]8;;\u0007',
  '\u001BP+q544e\u001B\\',
  '\u001B[6n',
  '\u009B31m',
  '\u0090q\u009C',
  '\rDone',
  '\b\b\b\b',
  '\u202Eredro\u202C',
  '\u2066x\u2069',
  'a\u200Bb\uFEFFc',
  '\u0000',
  '\u007F',
  '\v\f',
  '\n✓ Done\n',
  '\r\n▸ Do it? [y/N] y\r\n',
] as const;

/** Means something to a file format, a template, an object. */
const formats = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '&lt;b&gt;',
  '```\n# Done\n```',
  '| a | b |\n|---|---|',
  '[x](javascript:alert(1))',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '{"a":1}\n{"type":"session.closed"}',
  '../../../../etc/passwd',
  'NaN',
  '-1',
  '1e999',
  '0x10',
  'true',
  'null',
  'undefined',
  '%s%n%x',
  '{{7*7}}',
  '${7*7}',
  '<%= 7 %>',
  ': !!js/function "x"',
  '- &a *a',
  '# comment',
  "it's",
  'say "hi"',
] as const;

const letters = [
  'a',
  'Z',
  '0',
  '-',
  '.',
  '/',
  ' ',
  'ä',
  'é',
  '漢',
  '𝕏',
  '👩‍👩‍👧',
  '\uD800',
  '\uDC00',
  'ﷺ',
  '\u0301',
] as const;

/** `n` strings that try to be run, to act on a terminal, or to break a format; the same ones for the same seed. */
export const hostileStrings = (seed: number, n: number, canary: string): readonly string[] => {
  const one = chance(seed);
  const kinds = [executions(canary), terminal, formats] as const;
  const word = () => Array.from({ length: one.number(12) }, () => one.pick(letters)).join('');
  const part = (): string => one.pick<string>(one.pick<readonly [string, ...string[]]>(kinds));
  return Array.from({ length: n }, () => {
    switch (one.number(10)) {
      case 0:
        return part();
      case 1:
        return part()
          .repeat(1 + one.number(200))
          .slice(0, 4000);
      case 2:
        return word();
      default:
        return Array.from({ length: 1 + one.number(3) }, () => `${word()}${part()}${word()}`).join('');
    }
  });
};
