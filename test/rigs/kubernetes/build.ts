/**
 * Builds the programs of the rig that are missing, with the Go toolchain, into the cache directory: `node test/rigs/kubernetes/build.ts`.
 * Takes about ten minutes of two cores and 5 GB of Go's own caches the first time, nothing after that. With `--check` it builds nothing, and exits with 1
 * where something is missing.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildDirectory, cacheDirectory, missingPrograms, pinned } from './binaries.ts';
import { withBuildLock } from './build-lock.ts';
import { goCommand } from './go-toolchain.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const versionFlags = (): string => {
  const [major, minor] = pinned.kubernetes.slice(1).split('.');
  const values = { gitVersion: pinned.kubernetes, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
    .flatMap((module) => Object.entries(values).map(([name, value]) => `-X ${module}.${name}=${value ?? ''}`))
    .join(' ');
};

const build = (target: string): void => {
  mkdirSync(dirname(target), { recursive: true });
  const directory = mkdtempSync(`${target}.building-`);
  const go = goCommand();
  const run = (cwd: string, ...words: string[]): void => {
    say(`go ${words.join(' ')}`);
    const env = {
      ...process.env,
      CGO_ENABLED: '0',
      GOTOOLCHAIN: 'auto',
      GOFLAGS: '',
      GOROOT: undefined,
      GOBIN: directory,
    };
    execFileSync(go, words, { cwd, env, stdio: 'inherit' });
  };
  try {
    const kubernetes = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'];
    const sources = ['./etcd', ...kubernetes.map((program) => `k8s.io/kubernetes/cmd/${program}`)];
    run(buildDirectory, 'build', '-trimpath', '-ldflags', `-s -w ${versionFlags()}`, '-o', `${directory}/`, ...sources);
    for (const module of [pinned.kwok, pinned.toxiproxy])
      run(directory, 'install', '-trimpath', '-ldflags', '-s -w', module);
    renameSync(join(directory, 'server'), join(directory, 'toxiproxy-server'));
    mkdirSync(target, { recursive: true });
    // One by one: each is whole when it appears under its name.
    for (const program of missingPrograms()) renameSync(join(directory, program), join(target, program));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

if (process.argv.includes('--check')) {
  if (missingPrograms().length > 0) process.exitCode = 1;
} else {
  const target = cacheDirectory();
  await withBuildLock(`${target}.lock`, say, () => {
    const missing = missingPrograms();
    if (missing.length === 0) say('everything is there');
    else {
      say(`missing: ${missing.join(', ')}; building into ${target}`);
      build(target);
    }
  });
}
