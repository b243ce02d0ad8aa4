import { delimiter, dirname, join, resolve } from 'node:path';
import { RunbookError } from '../../engine/errors.ts';
import { readPlainText, whyUnreadable } from '../../files/plain-file.ts';
import { fileText, isPem } from '../http/pem.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A named entry, with the file that it was found in: its relative paths begin there. */
export interface Entry {
  readonly name: string;
  readonly file: string;
  readonly fields: Fields;
}
export type Fields = Readonly<Record<string, unknown>>;

export interface Kubeconfig {
  readonly files: readonly string[];
  readonly contexts: ReadonlyMap<string, Entry>;
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
}

const kinds = { contexts: 'context', clusters: 'cluster', users: 'user' } as const;

/**
 * The files of KUBECONFIG (those that exist), else `~/.kube/config`, as kubectl merges them: the first that names an entry
 * has it. https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 * Errors: `usage` where there is none, or one cannot be read.
 */
export const readKubeconfig = async (env: Environment): Promise<Kubeconfig> => {
  const places = placesIn(env);
  const found: string[] = [];
  const merged = { contexts: new Map<string, Entry>(), clusters: new Map(), users: new Map() };
  for (const file of places) {
    const text = contentsOf(file);
    if (text === undefined) continue;
    found.push(file);
    // oxlint-disable-next-line no-await-in-loop -- the library is loaded once
    const document = await parsed(text, file);
    for (const section of ['contexts', 'clusters', 'users'] as const)
      for (const entry of entriesIn(document, section, file))
        if (!merged[section].has(entry.name)) merged[section].set(entry.name, entry);
  }
  if (found.length === 0) throw noKubeconfig(places);
  return { files: found, ...merged };
};

/** A field that must be text where it is there; an empty one counts as absent. */
export const textIn = ({ fields, file, name }: Entry, field: string): string | undefined => {
  const value = fields[field];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw broken(file, `${field} of ${name} is not text`);
};

/** Relative paths begin at the file that names them. */
export const pathIn = (entry: Entry, field: string): string | undefined => {
  const path = textIn(entry, field);
  return path === undefined ? undefined : resolve(dirname(entry.file), path);
};

/**
 * PEM text that is written into the kubeconfig in base64 (`<field>-data`, which wins, as with kubectl) or lies in a file
 * (`<field>`). Errors: `usage`, naming the field and the file, never what is in it.
 */
export const pemIn = (entry: Entry, field: string, what: string): string | undefined => {
  const data = textIn(entry, `${field}-data`);
  const path = pathIn(entry, field);
  if (data === undefined && path === undefined) return undefined;
  const text = data === undefined ? fileText(path ?? '', what) : Buffer.from(data, 'base64').toString('utf8');
  if (isPem(text)) return text;
  throw broken(path ?? entry.file, `${data === undefined ? what : `${field}-data of ${entry.name}`} is not PEM`);
};

export const broken = (file: string, why: string): RunbookError =>
  new RunbookError('usage', `the kubeconfig ${file} cannot be used: ${why}`, {
    next: [`correct ${file}`, 'kubectl config view'],
  });

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const placesIn = (env: Environment): readonly string[] => {
  const named = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  if (named.length > 0) return [...new Set(named.map((file) => resolve(file)))];
  const home = env['HOME'];
  return home === undefined || home === '' ? [] : [join(home, '.kube', 'config')];
};

const noKubeconfig = (places: readonly string[]): RunbookError =>
  new RunbookError(
    'usage',
    places.length === 0
      ? 'there is no kubeconfig: neither KUBECONFIG nor HOME is set'
      : `there is no kubeconfig: ${places.join(', ')} ${places.length === 1 ? 'does' : 'do'} not exist`,
    { next: ['set KUBECONFIG to the file with the context of this cluster'] },
  );

/** With the certificates of some hundred clusters. */
const largest = 16 * 1024 * 1024;

const contentsOf = (file: string): string | undefined => {
  try {
    return readPlainText(file, { largest });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new RunbookError('usage', `cannot read the kubeconfig ${file}: ${whyUnreadable(error)}`, {
      next: [`ls -l ${file}`],
    });
  }
};

/** By the library that the clients of Kubernetes use: it loads and reads in half the time of the one for our configuration. */
const parsed = async (text: string, file: string): Promise<Fields> => {
  const { load, YAMLException } = await import('js-yaml');
  let values: unknown;
  try {
    values = text.trim() === '' ? null : load(text);
  } catch (error) {
    // The library's message quotes what it found, and that may be a key or a token.
    const line = error instanceof YAMLException && error.mark ? `line ${error.mark.line + 1}` : 'it';
    throw broken(file, `${line} is not valid YAML`);
  }
  if (values === null || values === undefined) return {};
  if (!isFields(values)) throw broken(file, 'it is not a mapping');
  return values;
};

const entriesIn = (document: Fields, section: keyof typeof kinds, file: string): readonly Entry[] => {
  const kind = kinds[section];
  const list = document[section] ?? [];
  if (!Array.isArray(list)) throw broken(file, `${section} is not a list`);
  const names = new Set<string>();
  return list.map((item: unknown, index) => {
    const name = isFields(item) ? item['name'] : undefined;
    if (!isFields(item) || typeof name !== 'string' || name === '')
      throw broken(file, `entry ${index + 1} of ${section} has no name`);
    if (names.has(name)) throw broken(file, `there are two ${section} named ${name}`);
    names.add(name);
    const fields = item[kind] ?? {};
    if (!isFields(fields)) throw broken(file, `${kind} ${name} is not a mapping`);
    return { name, file, fields };
  });
};
