import { resolve } from 'node:path';
import type { Plugin } from 'rolldown';

/*
 * What the build does to other people's modules so that the program starts faster. It replaces whole modules and edits none; what
 * each is worth stands in docs/decisions/start-up.md.
 */

/**
 * What commander asks of Node. It needs child processes only for commands that are programs of their own, which `rb` does not have,
 * and they bring half of the network with them. The others come as they are: a default import would copy all that they export.
 */
const lessForCommander: Plugin = {
  name: 'less-for-commander',
  resolveId: {
    filter: { id: /^node:(?:child_process|fs|path|process)$/ },
    handler: (id, importer = '') =>
      importer.includes('/node_modules/commander/') ? `\0for-commander:${id}` : undefined,
  },
  load: {
    filter: { id: /^\0for-commander:/ },
    handler: (id) => {
      const name = id.slice(id.indexOf(':') + 1);
      return name === 'node:child_process'
        ? 'export default {};'
        : `export default globalThis.process.getBuiltinModule('${name}');`;
    },
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

export const lighter: readonly Plugin[] = [lessForCommander, loginOfOurs];
