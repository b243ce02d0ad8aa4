import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A way to start a script on a Node that `rb` does not run on. */
export interface OldRuntime {
  readonly name: string;
  readonly program: string;
  /** Before the script. */
  readonly args: readonly string[];
}

const lowestSupported = 22;

/**
 * The machine's own Node where it is too old, and always the present one that says it is. `directory`: where what makes it say so
 * can be put.
 */
export const oldRuntimes = (directory: string): readonly OldRuntime[] => {
  const pretence = join(directory, 'pretend.cjs');
  writeFileSync(
    pretence,
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } });\n",
  );
  return [
    { name: 'a Node that says it is 20.1.0', program: process.execPath, args: ['--require', pretence] },
    ...realOnes().map(({ program, version }) => ({ name: `${program}, Node ${version}`, program, args: [] })),
  ];
};

/** The first Node in PATH, or where Debian puts it, that is too old. */
const realOnes = (): readonly { readonly program: string; readonly version: string }[] =>
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/bin', '/usr/bin']
    .map((folder) => join(folder, 'node'))
    .map((program) => ({
      program,
      version: spawnSync(program, ['-p', 'process.versions.node']).stdout?.toString().trim(),
    }))
    .filter(({ version }) => version && Number(version.split('.')[0]) < lowestSupported)
    .slice(0, 1);
