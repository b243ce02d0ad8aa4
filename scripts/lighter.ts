import { resolve } from 'node:path';
import type { Plugin } from 'rolldown';

/*
 * What the build does to other people's modules so that the program starts faster. It replaces whole modules and edits none; what
 * each is worth stands in docs/decisions/start-up.md.
 */

/**
 * Commander needs child processes only for commands that are programs of their own, which `rb` does not have. They bring
 * half of the network with them.
 */
const noChildProcesses: Plugin = {
  name: 'no-child-processes',
  resolveId: {
    filter: { id: /^node:child_process$/ },
    handler: (_, importer = '') =>
      importer.includes('/node_modules/commander/') ? resolve('scripts/no-child-processes.ts') : undefined,
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

export const lighter: readonly Plugin[] = [noChildProcesses, loginOfOurs];
