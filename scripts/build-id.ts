import { createHash } from 'node:crypto';
import type { Plugin } from 'rolldown';

const placeholder = '@rb-build@';

/** Gives the program the checksum of all its code (`src/cli/start/build.ts`). What one build has checked says nothing to another. */
export const buildId: Plugin = {
  name: 'build-id',
  transform: {
    filter: { id: /\/src\/cli\/start\/build\.ts$/ },
    handler: (code) => ({ code: code.replace('undefined;', `'${placeholder}';`), map: null }),
  },
  generateBundle: {
    order: 'post',
    handler: (_, bundle) => {
      const files = Object.values(bundle).filter((file) => file.type === 'chunk');
      const hash = createHash('sha256');
      for (const { fileName, code } of files.toSorted((a, b) => (a.fileName < b.fileName ? -1 : 1)))
        hash.update(`${fileName}\0${code}\0`);
      const id = hash.digest('hex').slice(0, 16);
      let replaced = 0;
      for (const file of files.filter(({ code }) => code.includes(placeholder))) {
        file.code = file.code.replaceAll(placeholder, id);
        replaced += 1;
      }
      if (replaced !== 1) throw new Error(`src/cli/start/build.ts should be in one file, and is in ${replaced}`);
    },
  },
};
