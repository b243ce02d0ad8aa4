/*
 * Reading a kubeconfig with the YAML library takes a tenth of a short command's time. What kubectl, the clouds' programs and
 * kind write is a small part of YAML, which is read here line by line. Anything else is left to the library: a text that is
 * not understood whole is not understood at all.
 */

type Value = string | boolean | null | readonly Value[] | { readonly [key: string]: Value };

interface Line {
  readonly indent: number;
  readonly text: string;
}

/** A cursor over the lines. */
interface Lines {
  peek(): Line | undefined;
  take(): void;
  /** Goes on with the rest of the line that is next, as a line of its own: what stands behind `- `. */
  cut(characters: number): void;
}

class NotPlain extends Error {}

/** Words that stand for something else than themselves. */
const special = /^(?:true|false|null)$/i;

/** What the text says, as the library reads it; undefined where it has anything in it that is not the plainest YAML. */
export const readPlainYaml = (text: string): Value | undefined => {
  try {
    const lines = cursor(text);
    const value = blockAt(lines, 0);
    return lines.peek() ? undefined : value;
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
};

const cursor = (text: string): Lines => {
  // Printable ASCII and line breaks: no tab, no carriage return, nothing that only looks like a space.
  if (/[^\n\x20-\x7e]/.test(text)) throw new NotPlain();
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): Line => {
      const plain = line.trimStart();
      return { indent: line.length - plain.length, text: plain.trimEnd() };
    });
  let at = 0;
  return {
    peek: () => lines[at],
    take: () => void (at += 1),
    cut: (characters) => {
      const { indent = 0, text: rest = '' } = lines[at] ?? {};
      lines[at] = { indent: indent + characters, text: rest.slice(characters) };
    },
  };
};

const blockAt = (lines: Lines, indent: number): Value =>
  lines.peek()?.text.startsWith('- ') ? listAt(lines, indent) : mappingAt(lines, indent);

const listAt = (lines: Lines, indent: number): Value => {
  const list: Value[] = [];
  for (let line = lines.peek(); line?.indent === indent && line.text.startsWith('- '); line = lines.peek()) {
    lines.cut(2);
    if (keyIn(line.text.slice(2)) === undefined) {
      list.push(scalar(line.text.slice(2)));
      lines.take();
      noDeeper(lines, indent);
    } else list.push(mappingAt(lines, indent + 2));
  }
  return list;
};

const mappingAt = (lines: Lines, indent: number): Value => {
  const mapping: Record<string, Value> = {};
  for (let line = lines.peek(); line?.indent === indent && !line.text.startsWith('- '); line = lines.peek()) {
    const key = keyIn(line.text);
    if (key === undefined || Object.hasOwn(mapping, key) || special.test(key)) throw new NotPlain();
    lines.take();
    const rest = line.text.slice(key.length + 2);
    mapping[key] = rest === '' ? nested(lines, indent) : scalar(rest);
    noDeeper(lines, indent);
  }
  return mapping;
};

/** What belongs to a key that has nothing on its own line. A list may stand as far left as the key. */
const nested = (lines: Lines, indent: number): Value => {
  const next = lines.peek();
  if (next && next.indent > indent) return blockAt(lines, next.indent);
  if (next?.indent === indent && next.text.startsWith('- ')) return listAt(lines, indent);
  return null;
};

/** A line that is further right goes on with the scalar before it, or belongs nowhere. */
const noDeeper = (lines: Lines, indent: number): void => {
  if ((lines.peek()?.indent ?? 0) > indent) throw new NotPlain();
};

/** `name` of `name: x` and of `name:`. */
const keyIn = (text: string): string | undefined => /^([A-Za-z][A-Za-z0-9_./-]*):(?: |$)/.exec(text)?.[1];

const scalar = (text: string): Value => {
  if (text === '{}') return {};
  if (text === '[]') return [];
  const quoted = /^"([^"\\]*)"$|^'([^']*)'$/.exec(text);
  if (quoted) return quoted[1] ?? quoted[2] ?? '';
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  // Begins like no number and no sign with a meaning, has no comment and no key in it.
  if (!/^(?:--?)?[A-Za-z/]/.test(text) || /: | #|:$/.test(text) || special.test(text)) throw new NotPlain();
  return text;
};
