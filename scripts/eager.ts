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
  // The catalogue is words and imports on demand.
  /\/src\/sections\/(?!catalogue\.)/,
  /\/src\/(?:providers|clients)\//,
  /\/src\/terminal\/(?!text\.|sink\.|color\.|sanitise\.|symbols\.|layout\.)/,
  /\/node_modules\/(?!commander\/)/,
];

/** The modules that the entry loads before it knows what was typed, though they must wait. Empty: all is well. */
export const eagerFaults = (output: readonly BuiltFile[]): readonly string[] => {
  const chunks = new Map(output.map((file) => [file.fileName, file]));
  const seen = new Set<string>();
  const visit = (name: string): readonly string[] => {
    const chunk = chunks.get(name);
    if (!chunk || seen.has(name)) return [];
    seen.add(name);
    return [...(chunk.moduleIds ?? []), ...(chunk.imports ?? []).flatMap(visit)];
  };
  // The command line is what every command but `--version` loads first.
  const entries = output.filter(
    (file) => file.isEntry || file.moduleIds?.some((module) => module.endsWith('/src/cli/command-line.ts')),
  );
  if (entries.length !== 2) return [`expected the entry and the command line, found ${entries.length} chunks`];
  return entries
    .flatMap((entry) => visit(entry.fileName))
    .filter((module) => mustBeLazy.some((rule) => rule.test(module)));
};
