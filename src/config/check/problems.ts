import type { z } from 'zod/mini';
import { didYouMean } from './did-you-mean.ts';
import { keyPath } from '../file/key-path.ts';
import { isEchoed } from '../secrets/secret-keys.ts';
import type { Position } from '../file/places.ts';
import type { SourceDocument } from '../file/yaml-source.ts';

/** Something in the configuration that does not hold. */
export interface Problem extends Position {
  /** `environments.production.scaling.min`; empty where the file as a whole is meant. */
  readonly key: string;
  readonly message: string;
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];
/** By what the schema says. */
type IsSecret = (path: Path) => boolean;

/** What is wrong with the values, in the order of the file. */
export const problemsIn = (
  issues: readonly Issue[],
  document: SourceDocument,
  isSecret: IsSecret,
): readonly Problem[] => inOrder(issues.flatMap((issue) => fromIssue(issue, [], document, isSecret)));

/** In the order of the file, each once. */
export const inOrder = (problems: readonly Problem[]): readonly Problem[] => {
  const seen = new Set<string>();
  return problems
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .filter((problem) => {
      const line = oneLine('', problem);
      return !seen.has(line) && seen.add(line) !== undefined;
    });
};

/** `runbook.config.yaml:12:5  environments.production.scaling.min  expected ..., found ...`. */
export const oneLine = (file: string, { line, column, key, message }: Problem): string =>
  [`${file}:${line}:${column}`, ...(key === '' ? [] : [key]), message].join('  ');

const fromIssue = (issue: Issue, above: Path, document: SourceDocument, isSecret: IsSecret): readonly Problem[] => {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], issue, document));
  if (issue.code === 'invalid_key') return [invalidName(path, issue, document)];
  const branch = issue.code === 'invalid_union' ? branchOf(issue.errors) : undefined;
  if (branch) return branch.flatMap((inner) => fromIssue(inner, path, document, isSecret));
  const value = valueAt(document.values, path);
  const expected = `expected ${issue.message}`;
  const known = issue.code === 'invalid_value' ? issue.values : issue.code === 'invalid_union' ? optionsOf(issue) : [];
  const hint = typeof value === 'string' && isEchoed(path, value, isSecret) ? didYouMean(value, known.map(String)) : '';
  return [
    {
      ...document.position(path),
      key: keyPath(path),
      message: `${expected}${found(issue, path, value, isSecret)}${hint}`,
    },
  ];
};

const found = (issue: Issue, path: Path, value: unknown, isSecret: IsSecret): string => {
  if (value === undefined) return ', it is missing';
  // The parts of the mapping do not fit together; that it is a mapping says nothing.
  if (issue.code === 'custom' && typeof value === 'object' && !Array.isArray(value)) return '';
  // A text where a list or a mapping belongs may hold anything: a connection string, a command with a password.
  if (typeof value === 'string' && !wantsScalar(issue)) return ', found a text';
  return `, found ${describe(path, value, isSecret)}`;
};

const wantsScalar = (issue: Issue): boolean => {
  if (issue.code === 'invalid_type') return !['array', 'object', 'record'].includes(issue.expected);
  return issue.code !== 'invalid_union' || issue.errors.length === 0;
};

const unknownKey = (path: Path, issue: Issue, document: SourceDocument): Problem => {
  const known = issue.message.split('\n');
  const hint = didYouMean(String(path.at(-1)), known) || `; known here: ${known.join(', ')}`;
  return { ...document.position(path, 'key'), key: keyPath(path), message: `unknown key${hint}` };
};

const invalidName = (
  path: Path,
  issue: Extract<Issue, { code: 'invalid_key' }>,
  document: SourceDocument,
): Problem => ({
  ...document.position(path, 'key'),
  key: keyPath(path),
  message: `expected a name (${issue.issues[0]?.message ?? 'another one'})`,
});

/** Of several forms, the one that was meant: the only one whose outer type is right. */
const branchOf = (branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined => {
  const meant = branches.filter((issues) => !issues.some(isOuterType));
  return meant.length === 1 ? meant[0] : undefined;
};

const isOuterType = (issue: Issue): boolean => issue.code === 'invalid_type' && issue.path.length === 0;

const optionsOf = (issue: Extract<Issue, { code: 'invalid_union' }>): readonly unknown[] =>
  'options' in issue && Array.isArray(issue.options) ? issue.options : [];

const valueAt = (values: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part) ? Reflect.get(value, part) : undefined,
    values,
  );

/** What was found, in a few words; never a secret. */
const describe = (path: Path, value: unknown, isSecret: IsSecret): string => {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (!isEchoed(path, text, isSecret))
    return `a ${typeof value === 'string' ? 'text' : typeof value} that is not shown here`;
  if (typeof value !== 'string') return text;
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
};
