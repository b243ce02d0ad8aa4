import type { CodeSplittingGroup, Plugin } from 'rolldown';

/** Node's part for child processes brings the network with it; commander would only need it for commands that are programs of their own. */
const emptyForCommander: Plugin = {
  name: 'commander-without-child-processes',
  resolveId: {
    filter: { id: /^node:child_process$/ },
    handler: (_, importer) => (importer?.includes('/node_modules/commander/') ? '\0no-child-processes' : undefined),
  },
  load: {
    filter: { id: /^\0no-child-processes$/ },
    handler: () => 'export default {};',
  },
};

const eager = "import stringWidth from 'string-width';";
const lazy = "const stringWidth = (text) => require('string-width').default(text);";

/** string-width builds a table of all emoji when it is loaded, which takes longer than all the rest of a short command. It waits for a text that is not ASCII. */
const widthWhenNeeded: Plugin = {
  name: 'string-width-when-needed',
  transform: {
    filter: { id: /\/src\/terminal\/layout\.ts$/ },
    handler: (code) => {
      if (!code.includes(eager)) throw new Error(`src/terminal/layout.ts has no line ${eager}`);
      return { code: code.replace(eager, lazy), map: null };
    },
  },
};

/** What the build does to the program so that it starts faster; what it does stays the same. */
export const lighter: readonly Plugin[] = [emptyForCommander, widthWhenNeeded];

/** What is loaded together lies in one file: opening ten small ones takes longer than reading them. */
export const chunks: readonly CodeSplittingGroup[] = [
  // With all that it imports; what others need of that too, they find here.
  { name: 'command-line', test: /\/src\/cli\/command-line\.ts$/, priority: 1 },
  {
    name: 'configuration',
    test: /\/src\/config\/(?:did-you-mean|environment|examples|file-name|find|key-path|places|reference-syntax|references|remembered|secret-keys|show|texts)\.ts$/,
  },
  { name: 'table', test: /\/src\/terminal\/(?:table|layout)\.ts$/ },
];
