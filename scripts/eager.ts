/** What a build has to say about a chunk. */
export interface BuiltFile {
  readonly type: string;
  readonly fileName: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly moduleIds?: readonly string[];
}

/** What is loaded only by the command that needs it: every section, every SDK, prompts, the validator, the process runner. */
const mustBeLazy = [
  // The catalogues are words and imports on demand.
  /\/src\/sections\/(?!catalogue\.)/,
  /\/src\/(?:providers|clients)\//,
  /\/src\/terminal\/(?!text\.|sink\.|color\.|sanitise\.|symbols\.|layout\.)/,
  /\/node_modules\/(?!commander\/|fast-string-(?:truncated-)?width\/)/,
];

/**
 * What must not come along with a module, though a bundler may put it into the same file or behind it: the client of another
 * adapter takes as long to load as a short command does. A command line that takes many times as long is still a working one,
 * so no other test would notice.
 */
const apart: readonly { readonly with: string; readonly not: RegExp }[] = [
  {
    with: '/src/config/file/remembered.ts',
    not: /\/src\/(?:config\/schema\/|cli\/session|sections\/(?!catalogue)|providers\/(?!catalogue\.)|clients)|\/node_modules\/(?:zod|yaml)\//,
  },
  { with: '/src/cli/session/run-session.ts', not: /\/src\/clients\/(?!peer)|\/node_modules\/yaml\// },
  {
    with: '/src/providers/workload/kubernetes.ts',
    not: /\/src\/(?:providers\/(?!catalogue\.|(?:\w+\/)?capability\.|workload|lock)|clients\/(?:aws|process))|\/node_modules\/(?:@|pg|execa)/,
  },
  {
    with: '/src/providers/database/postgres.ts',
    not: /\/src\/(?:providers\/(?!catalogue\.|(?:\w+\/)?capability\.|database|lock|workload\/(?:shared|command\/config))|clients\/(?!peer))|\/node_modules\/(?:@|execa)/,
  },
];

/** The modules that are loaded too early, or with what does not need them. Empty: all is well. */
export const eagerFaults = (output: readonly BuiltFile[]): readonly string[] => {
  const chunks = new Map(output.map((file) => [file.fileName, file]));
  const loadedWith = (chunk: BuiltFile): readonly string[] => {
    const seen = new Set<string>();
    const visit = (name: string): readonly string[] => {
      const file = chunks.get(name);
      if (!file || seen.has(name)) return [];
      seen.add(name);
      return [...(file.moduleIds ?? []), ...(file.imports ?? []).flatMap(visit)];
    };
    return visit(chunk.fileName);
  };
  const holding = (module: string) => output.filter((file) => file.moduleIds?.some((id) => id.endsWith(module)));
  // The command line is what every command but `--version` loads first.
  const entries = [...output.filter((file) => file.isEntry), ...holding('/src/cli/command-line.ts')];
  if (entries.length !== 2) return [`expected the entry and the command line, found ${entries.length} chunks`];
  return [
    ...entries.flatMap(loadedWith).filter((module) => mustBeLazy.some((rule) => rule.test(module))),
    ...apart.flatMap(({ with: module, not }) => {
      const [chunk] = holding(module);
      if (!chunk) return [`${module} is in no chunk`];
      return loadedWith(chunk)
        .filter((id) => not.test(id))
        .map((id) => `${id}, with ${module}`);
    }),
  ];
};
