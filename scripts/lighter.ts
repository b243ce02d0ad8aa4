import { resolve } from 'node:path';
import type { Plugin } from 'rolldown';
import { chunks } from './chunks.ts';

/**
 * What commander asks of Node. Child processes bring the network with them, and it only needs them for commands that are
 * programs of their own. The others without the copy of all that they export that an import makes.
 */
const lessForCommander: Plugin = {
  name: 'less-for-commander',
  transform: {
    filter: { id: /\/node_modules\/commander\/.*\.js$/ },
    handler: (code) => ({
      code: code.replace(/^import (\w+) from '(node:\w+)';$/gm, (_, name: string, module: string) =>
        module === 'node:child_process'
          ? `const ${name} = {};`
          : `const ${name} = globalThis.process.getBuiltinModule('${module}');`,
      ),
      map: null,
    }),
  },
};

/** A login by Node's own cryptography; see src/providers/database/postgres/connect/pg-crypto.ts. */
const loginOfOurs: Plugin = {
  name: 'login-of-ours',
  resolveId: {
    filter: { id: /^\.\/(?:crypto\/)?utils$/ },
    handler: (id, importer = '') => {
      const theirs =
        (importer.endsWith('/pg/lib/client.js') && id === './crypto/utils') ||
        (importer.endsWith('/pg/lib/crypto/sasl.js') && id === './utils');
      return theirs ? resolve('src/providers/database/postgres/connect/pg-crypto.ts') : undefined;
    },
  },
};

/** One character beyond ASCII doubles the memory of a file's text, and the compile cache takes longer to know it again. */
const asciiOnly: Plugin = {
  name: 'ascii-only',
  generateBundle: (_, bundle) => {
    for (const file of Object.values(bundle))
      if (file.type === 'chunk' && chunks.some(({ name }) => name === file.name)) file.code = escaped(file.code);
  },
};

/** The same program: in strings, templates and expressions the number of a character means the character. */
const escaped = (code: string): string =>
  code.replace(/[\u0080-\uFFFF]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** What the build does to the program so that it starts faster; what it does stays the same. */
export const lighter: readonly Plugin[] = [lessForCommander, loginOfOurs, asciiOnly];
