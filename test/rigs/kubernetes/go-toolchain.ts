import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDirectory } from './binaries.ts';

/**
 * The path of a Go command that can build the rig. From 1.21 on, Go fetches the toolchain that go.mod asks for by itself; an older one (as in
 * Debian 12) is made to fetch it as the module that it is.
 */
export const goCommand = (): string => {
  const version = goVersion();
  if (version === undefined)
    throw new Error('The Go toolchain is missing; to get it: apt-get install golang-go (or https://go.dev/dl)');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || minor >= 21 ? 'go' : toolchainModule();
};

const goVersion = (): string | undefined => {
  try {
    return /go(\d+\.\d+)/.exec(execFileSync('go', ['version'], { encoding: 'utf8' }))?.[1];
  } catch {
    return undefined;
  }
};

const toolchainModule = (): string => {
  const wanted = /^go (\S+)$/m.exec(readFileSync(join(buildDirectory, 'go.mod'), 'utf8'))?.[1] ?? '';
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const module = `golang.org/toolchain@v0.0.1-go${wanted}.${process.platform}-${architecture}`;
  // Away from the go.mod, which this old Go could not read.
  const options = { cwd: tmpdir(), env: { ...process.env, GOFLAGS: '' }, encoding: 'utf8' } as const;
  const { Dir: directory } = JSON.parse(execFileSync('go', ['mod', 'download', '-json', module], options)) as {
    Dir: string;
  };
  // A module's files come without the right to be run; a Go that knows toolchains sets it, this one does not.
  const tools = join(directory, 'pkg', 'tool', `${process.platform}_${architecture}`);
  for (const place of [join(directory, 'bin'), tools])
    for (const file of readdirSync(place)) chmodSync(join(place, file), 0o755);
  return join(directory, 'bin', 'go');
};
