import type { Plugin } from 'rolldown';

/** The chunks of which a session runs most functions. Of the others most are never called. */
const ofSessions: ReadonlySet<string> = new Set(['zod', 'shared', 'session', 'restart', 'kubernetes', 'postgres']);

/**
 * Puts the functions of these chunks into parentheses, which changes nothing but when V8 compiles them: with the file. Node's
 * compile cache keeps what was compiled when a file was loaded, and every process compiles all other functions again, each when
 * it is first called: a thousand in a restart. https://v8.dev/blog/code-caching, "IIFE heuristics".
 */
export const compiledAtOnce: Plugin = {
  name: 'compiled-at-once',
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle))
      if (file.type === 'chunk' && ofSessions.has(file.name))
        file.code = inParentheses(file.code, this.parse(file.code, { sourceType: 'script' }));
  },
};

const inParentheses = (code: string, program: object): string => {
  const marks = [...marksIn(program)].toSorted((a, b) => a.at - b.at);
  let [text, from] = ['', 0];
  for (const { at, mark } of marks) {
    text += code.slice(from, at) + mark;
    from = at;
  }
  return text + code.slice(from);
};

interface Mark {
  readonly at: number;
  readonly mark: '(' | ')';
}

/** Where function expressions begin and end. A method is none, though its syntax tree has one. */
function* marksIn(node: object, isMethod = false): Generator<Mark> {
  const { type, start, end, method, kind } = { type: '', start: 0, end: 0, method: false, kind: '', ...node };
  if (!isMethod && (type === 'ArrowFunctionExpression' || type === 'FunctionExpression')) {
    yield { at: start, mark: '(' };
    yield { at: end, mark: ')' };
  }
  const holdsMethod = type === 'MethodDefinition' || (type === 'Property' && (method || kind !== 'init'));
  for (const part of Object.values(node).flat())
    if (typeof part === 'object' && part !== null) yield* marksIn(part, holdsMethod);
}
