import { rm, writeFile } from 'node:fs/promises';
import { rolldown } from 'rolldown';
import { buildId } from './build-id.ts';
import { chunks } from './chunks.ts';
import { compiledAtOnce } from './compiled-at-once.ts';
import { eagerFaults } from './eager.ts';
import { lighter } from './lighter.ts';
import { notices } from './notices.ts';

/** Builds `dist/`: one entry, code split at every `import()`, minified. Fails if the entry pulls in what only some commands need. */
const bundle = await rolldown({
  input: { main: 'src/main.ts' },
  platform: 'node',
  plugins: [...lighter, compiledAtOnce, buildId],
});
await rm('dist', { recursive: true, force: true });
const { output } = await bundle.write({
  dir: 'dist',
  // Not ES modules: importing one of Node's own modules from those reads all that it exports, and so loads half of Node.
  format: 'cjs',
  dynamicImportInCjs: false,
  minify: true,
  codeSplitting: { groups: [...chunks] },
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
});
await bundle.close();
await writeFile('dist/package.json', '{ "type": "commonjs" }\n');
await writeFile('dist/THIRD-PARTY-NOTICES.txt', notices(output));

const faults = eagerFaults(output);
if (faults.length > 0) {
  process.stderr.write(`The entry loads what it must not:\n${faults.map((fault) => `  ${fault}\n`).join('')}`);
  process.exitCode = 1;
} else {
  const bytes = output.reduce((sum, file) => sum + (file.type === 'chunk' ? file.code.length : 0), 0);
  process.stdout.write(`dist: ${output.length} files, ${Math.round(bytes / 1024)} KiB\n`);
}
