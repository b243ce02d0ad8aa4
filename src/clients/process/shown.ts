const plain = /^[A-Za-z0-9_@%+=:,./-]+$/;
const controls = /[\u0000-\u001f\u007f]/;

/** An argument list as an engineer would type it in a POSIX shell. For reading and copying; `rb` itself never uses a shell. */
export const shown = (argv: readonly string[]): string => argv.map(quoted).join(' ');

const quoted = (argument: string): string => {
  if (plain.test(argument)) return argument;
  // A control character would be invisible between quotes: $'...' says it in letters.
  if (controls.test(argument)) return `$'${argument.replaceAll(/[\\'\u0000-\u001f\u007f]/g, escaped)}'`;
  return `'${argument.replaceAll("'", `'\\''`)}'`;
};

const escaped = (character: string): string => {
  if (character === '\\' || character === "'") return `\\${character}`;
  if (character === '\n') return '\\n';
  if (character === '\t') return '\\t';
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
};
