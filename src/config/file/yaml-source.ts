import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Alias, Document, Node } from 'yaml';
import { keyPath } from './key-path.ts';
import { placesFrom } from './places.ts';
import type { Places, PlaceTable, Position } from './places.ts';

export interface SyntaxFault extends Position {
  readonly message: string;
}

/** A YAML file that was read: its values, and where in the file each of them is. */
export interface SourceDocument extends Places {
  readonly values: unknown;
  table(): PlaceTable;
}

/** A legitimate configuration repeats a block a few times; thousands of copies are an attack on memory. */
const maxAliases = 100;

/** Reads YAML 1.2 (core schema, one document, no tags, each key once). Returns the faults instead where there are any. */
export const readYaml = (text: string): SourceDocument | { readonly faults: readonly SyntaxFault[] } => {
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  try {
    const document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      uniqueKeys: true,
      prettyErrors: false,
      // 'silent' would let a second document pass.
      logLevel: 'error',
      lineCounter: lines,
    });
    const faults = [...document.errors, ...document.warnings].map((fault) => ({
      ...at(fault.pos[0]),
      message: describe(fault.code, fault.message) + bareReference(text, fault.pos[0]),
    }));
    if (document.directives?.yaml.explicit && document.directives.yaml.version !== '1.2')
      faults.push({ ...at(0), message: 'only YAML 1.2 is read' });
    const aliases = keepSpelling(document.contents);
    for (const alias of aliases.slice(0, maxAliases))
      if (!alias.resolve(document)) faults.push({ ...at(startOf(alias) ?? 0), message: describe('BAD_ALIAS', '') });
    if (faults.length > 0) return { faults };
    const values: unknown = document.toJS({ maxAliasCount: maxAliases });
    const table = once(() => placesOf(document, at));
    return { values, table, ...placesFrom(table) };
  } catch (error) {
    if (error instanceof RangeError) return { faults: [{ ...at(0), message: 'the file is nested too deeply' }] };
    if (error instanceof ReferenceError) return { faults: [{ ...at(0), message: 'too many aliases (*name)' }] };
    throw error;
  }
};

/** In plain words, and without the text that was found: it may be a secret. */
const describe = (code: string, message: string): string => {
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'this key is there twice';
    case 'TAG_RESOLVE_FAILED':
    case 'BAD_COLLECTION_TYPE':
      return 'tags are not supported; a text that begins with ! must be in quotes';
    case 'BAD_ALIAS':
      return 'an alias to nothing; a text that begins with * or & must be in quotes';
    case 'BAD_SCALAR_START':
      return 'a text that begins with this character must be in quotes';
    case 'BAD_DQ_ESCAPE':
      return 'no such escape sequence; in "double quotes" a backslash is written \\\\';
    case 'BAD_DIRECTIVE':
      return 'no such directive';
    case 'RESOURCE_EXHAUSTION':
      return 'the file is nested too deeply';
    case 'MULTIPLE_DOCS':
      return 'expected one document, found several';
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'BAD_INDENT':
    case 'TAB_AS_INDENT':
    case 'MULTILINE_IMPLICIT_KEY':
    case 'MISSING_CHAR':
    case 'UNEXPECTED_TOKEN':
      return sentence(message);
    default:
      return 'not valid YAML';
  }
};

/** `{ url: ${env:X} }` is not YAML: the most likely mistake of all deserves its own hint. */
const bareReference = (text: string, offset: number): string => {
  const around = text.slice(Math.max(0, offset - 80), offset + 3);
  return /\$\{\w*:?$/.test(around) ? '; inside { } or [ ] a reference must be in quotes' : '';
};

const sentence = (message: string): string => {
  const withoutFound = message.split(/: |:$/)[0] ?? message;
  return withoutFound.charAt(0).toLowerCase() + withoutFound.slice(1);
};

/**
 * Entries of lists, and variables of commands, are texts as they are written: `1.10` and `010` are words of a command and
 * must not become 1.1 and 10. Returns the aliases that it came by.
 */
const keepSpelling = (node: unknown): readonly Alias[] => {
  if (isAlias(node)) return [node];
  if (isSeq(node))
    return node.items.flatMap((item) => {
      asWritten(item);
      return keepSpelling(item);
    });
  if (!isMap(node)) return [];
  return node.items.flatMap((pair) => {
    if (isScalar(pair.key) && pair.key.value === 'environment' && isMap(pair.value))
      for (const variable of pair.value.items) asWritten(variable.value);
    return keepSpelling(pair.value);
  });
};

const asWritten = (node: unknown): void => {
  if (
    isScalar(node) &&
    (typeof node.value === 'number' || typeof node.value === 'boolean') &&
    node.source !== undefined
  )
    node.value = node.source;
};

const placesOf = (document: Document, at: (offset: number) => Position): PlaceTable => {
  const table: Record<string, readonly [number, number, number, number]> = {};
  const walk = (node: unknown, key: unknown, path: string): void => {
    const ofKey = at(startOf(key) ?? 0);
    const ofValue = at(startOf(node) ?? startOf(key) ?? 0);
    table[path] = [ofValue.line, ofValue.column, ofKey.line, ofKey.column];
    const container: unknown = isAlias(node) ? node.resolve(document) : node;
    if (isSeq(container))
      for (const [index, item] of container.items.entries()) walk(item, item, keyPath([index], path));
    if (!isMap(container)) return;
    for (const pair of container.items)
      if (isScalar(pair.key)) walk(pair.value, pair.key, keyPath([String(pair.key.value)], path));
  };
  walk(document.contents, document.contents, '');
  return table;
};

const once = <Value>(make: () => Value): (() => Value) => {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
};

const startOf = (node: unknown): number | undefined => {
  const { range } = (node ?? {}) as Partial<Node>;
  return range?.[0];
};
