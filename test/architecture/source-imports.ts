import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

/** One import of a source file. Types are erased; `import()` is loaded only when it is reached. */
export interface SourceImport {
  /** Paths are relative to `src`; a package is named as it is written. */
  readonly from: string;
  readonly to: string;
  readonly how: 'static' | 'type' | 'import()';
}

/** Every TypeScript file under `folder`, relative to it. */
export const sourceFiles = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .toSorted();

export const importsOf = (folder: string, file: string): readonly SourceImport[] =>
  importsIn(file, readFileSync(join(folder, file), 'utf8'));

/** The imports and re-exports in the text of a file, in their order. A computed `import()` goes to `?`. */
export const importsIn = (file: string, text: string): readonly SourceImport[] => {
  const found: SourceImport[] = [];
  const add = (written: unknown, how: SourceImport['how']) => {
    const name = typeof written === 'string' ? written : '?';
    found.push({ from: file, to: name.startsWith('.') ? posix.join(dirname(file), name) : name, how });
  };
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const inner of node) visit(inner);
    if (!isNode(node)) return;
    const source = isNode(node['source']) ? node['source']['value'] : undefined;
    switch (node.type) {
      case 'ImportDeclaration':
        add(source, node['importKind'] === 'type' ? 'type' : 'static');
        break;
      case 'ExportAllDeclaration':
      case 'ExportNamedDeclaration':
        if (source !== undefined) add(source, node['exportKind'] === 'type' ? 'type' : 'static');
        break;
      case 'ImportExpression':
        add(source, 'import()');
        break;
      case 'TSImportType':
        add(source, 'type');
        break;
    }
    for (const inner of Object.values(node)) if (typeof inner === 'object') visit(inner);
  };
  visit(parseAst(text, { lang: 'ts' }));
  return found;
};

const isNode = (value: unknown): value is { readonly type: string; readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

/** What is loaded as soon as `entry` is: itself, and what it imports statically, and so on. */
export const loadedBy = (folder: string, entry: string): readonly SourceImport[] => {
  const loaded = new Set<string>([entry]);
  const all: SourceImport[] = [];
  for (const file of loaded) {
    const values = importsOf(folder, file).filter((one) => one.how === 'static');
    all.push(...values);
    for (const { to } of values) if (to.endsWith('.ts')) loaded.add(to);
  }
  return all;
};
