import type { SourceImport } from './source-imports.ts';

/**
 * Which files may import what. A name is a file (`engine/json.ts`), a folder with all that is in it (`engine/`), a
 * package with its subpaths (`zod`), or `packages` for any. `*` is one folder's name, `<own>` what it is in `files`.
 */
export interface Rule {
  readonly files: string;
  readonly except?: readonly string[];
  /** Nothing else ... */
  readonly may?: readonly string[];
  /** ... and of these the types only. */
  readonly types?: readonly string[];
  /** Not in any way, types included ... */
  readonly never?: readonly string[];
  /** ... but these. */
  readonly but?: readonly string[];
  /** Only by `import()`, or as a type. */
  readonly onDemand?: readonly string[];
}

/** What costs time to load: a command that does not need it does not pay for it. */
export const heavy: readonly string[] = [
  '@inquirer/prompts',
  'execa',
  'zod',
  'yaml',
  'pg',
  'ioredis',
  'log-update',
  'cli-table3',
  '@aws-sdk/',
  '@kubernetes/',
];

/** What a section may know of a capability: what can be asked of it, and how its answers are shown. */
const ports = [
  'providers/catalogue.ts',
  'providers/*/port.ts',
  'providers/workload/shared/instances-table.ts',
  'providers/workload/shared/views.ts',
];

/** The types that a change and what was seen are told in, and how they are written. */
const engineData = [
  'any-json',
  'change',
  'clock',
  'plan/difference',
  'errors',
  'finding',
  'session/guard',
  'json',
  'poll',
  'procedure/context',
  'plan/tier',
];

const sections = ['sections/', 'engine/', 'config/', 'files/', 'words/', ...ports, 'zod'];

/** The direction of the house: main -> cli -> sections -> engine; sections -> provider ports; providers -> ports and clients; words are under all. */
export const rules: readonly Rule[] = [
  { files: 'words/', may: ['words/'] },
  { files: 'engine/', may: ['engine/', 'words/', 'node:crypto', 'canonicalize', 'zod'] },
  { files: 'files/', may: ['files/', 'words/', 'engine/errors.ts', 'node:crypto', 'node:fs', 'node:path'] },
  // They know no runbook: what a request means to a procedure is said by whoever sends it.
  {
    files: 'clients/',
    may: ['clients/', 'words/', 'files/', 'packages', ...engineData.map((data) => `engine/${data}.ts`)],
  },

  // What knows HTTP, AWS or processes knows nothing of what is asked through it.
  { files: 'clients/http/', never: ['clients/'], but: ['clients/http/', 'clients/peer/'] },
  { files: 'clients/process/', never: ['clients/'], but: ['clients/process/'] },
  { files: 'clients/peer/', never: ['clients/'], but: ['clients/peer/'] },
  { files: 'clients/aws/', never: ['clients/kubernetes/', 'clients/http/'] },
  // There is one way to start a program.
  { files: '', except: ['clients/process/'], never: ['execa', 'node:child_process'] },

  { files: 'sections/', except: ['sections/audit/'], may: sections, types: ['commander'] },
  { files: 'sections/audit/', may: [...sections, 'audit/'], types: ['commander'] },

  // It is read by whoever reads a configuration: the schema library, and its adapters where they are asked for.
  {
    files: 'providers/*/capability.ts',
    may: ['config/schema/', 'providers/capability.ts', 'providers/<own>/', 'zod'],
    onDemand: ['providers/<own>/'],
  },
  {
    files: 'providers/*/',
    may: [
      'providers/<own>/',
      'providers/*/port.ts',
      'providers/capability.ts',
      'config/schema/',
      'clients/',
      'words/',
      'files/',
      'packages',
      ...engineData.map((data) => `engine/${data}.ts`),
    ],
  },
  // Adapters are named by their capability, and in two more files: what every environment has, and what may forbid a change.
  {
    files: '',
    except: ['providers/', 'cli/session/adapters.ts', 'cli/session/guards.ts'],
    never: ['providers/'],
    but: [...ports, 'providers/capability.ts'],
  },
  { files: 'cli/session/adapters.ts', onDemand: ['providers/*/'] },
  { files: 'cli/session/guards.ts', onDemand: ['providers/'] },

  { files: '', never: ['main.ts'] },

  // Start-up is measured.
  { files: 'main.ts', onDemand: heavy },
  { files: 'cli/', onDemand: heavy },
];

/** Does a rule speak about this file? */
export const appliesTo = (rule: Rule, file: string): boolean =>
  matches(rule.files, file) && !rule.except?.some((name) => matches(name, file));

/** Why an import is not allowed; undefined where it is. */
export const breaks = (rule: Rule, one: SourceImport): string | undefined => {
  if (!appliesTo(rule, one.from)) return undefined;
  const own = pattern(rule.files).exec(one.from)?.[1] ?? '';
  const isOneOf = (names: readonly string[] = []) => names.some((name) => matches(name.replace('<own>', own), one.to));
  const said = `${one.from} imports ${one.to} (${one.how})`;
  if (isOneOf(rule.never) && !isOneOf(rule.but)) return `${said}: never`;
  if (isOneOf(rule.onDemand) && one.how === 'static') return `${said}: only on demand`;
  if (!rule.may || isOneOf(rule.may)) return undefined;
  if (!isOneOf(rule.types)) return `${said}: not one of ${[...rule.may, ...(rule.types ?? [])].join(', ')}`;
  return one.how === 'type' ? undefined : `${said}: only its types`;
};

/** The names in a rule that stand for files of the house. */
export const namedFiles = (rule: Rule): readonly string[] =>
  [
    rule.files,
    ...[rule.except, rule.may, rule.types, rule.never, rule.but, rule.onDemand].flatMap((names) => names ?? []),
  ].filter((name) => /\.ts$|^[a-z][a-z/*]*\/$/.test(name) && !name.includes('<own>'));

export const matches = (name: string, path: string): boolean =>
  name === 'packages' ? !path.endsWith('.ts') && path !== '?' : pattern(name).test(path);

const pattern = (name: string): RegExp => {
  const escaped = name.replaceAll(/[.+?^$()|[\]\\]/g, '\\$&').replaceAll('*', '([^/]+)');
  const inside = name === '' || name.endsWith('/') ? '' : name.endsWith('.ts') ? '$' : '(/|$)';
  return new RegExp(`^${escaped}${inside}`);
};
