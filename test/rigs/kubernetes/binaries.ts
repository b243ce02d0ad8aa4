import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The programs of the rig. What go.mod pins is built from `build`; the other two by their own module's version. */
export const programs = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
  'kwok',
  'toxiproxy-server',
] as const;
export type Program = (typeof programs)[number];

export const pinned = {
  /** As in go.mod. A build from modules does not know its own version: it is told. */
  kubernetes: 'v1.36.3',
  kwok: 'sigs.k8s.io/kwok/cmd/kwok@v0.8.0',
  toxiproxy: 'github.com/Shopify/toxiproxy/v2/cmd/server@v2.5.0',
} as const;

/** What setup-envtest and its like put into `KUBEBUILDER_ASSETS`. */
const envtest: readonly Program[] = ['etcd', 'kube-apiserver', 'kubectl'];

export const buildDirectory = join(import.meta.dirname, 'build');

/** Where built programs are kept, outside the checkout. Another version of anything that is built gives another directory. */
export const cacheDirectory = (environment: NodeJS.ProcessEnv = process.env): string => {
  const digest = createHash('sha256').update(JSON.stringify(pinned));
  for (const file of ['go.mod', 'go.sum', 'tools.go', 'etcd/main.go'])
    digest.update(readFileSync(join(buildDirectory, file)));
  // The XDG specification has a relative path ignored.
  const configured = environment['XDG_CACHE_HOME'];
  const base = configured?.startsWith('/') ? configured : join(homedir(), '.cache');
  return join(base, 'rb-rigs', `kubernetes-${digest.digest('hex').slice(0, 12)}`);
};

/** What Debian packages under the same name. Its kubectl is not taken: on a `PATH` that name may be anybody's wrapper. */
const packaged: readonly Program[] = ['etcd'];

/** The path of a program: `KUBEBUILDER_ASSETS`, then what was built, then, for what is packaged, the `PATH`. */
const findProgram = (program: Program, environment: NodeJS.ProcessEnv = process.env): string | undefined => {
  const assets = environment['KUBEBUILDER_ASSETS'];
  const directories = [
    ...(assets !== undefined && envtest.includes(program) ? [assets] : []),
    cacheDirectory(environment),
    ...(packaged.includes(program) ? (environment['PATH'] ?? '').split(delimiter).filter((each) => each !== '') : []),
  ];
  return directories.map((directory) => join(directory, program)).find(isExecutable);
};

export const missingPrograms = (environment: NodeJS.ProcessEnv = process.env): readonly Program[] =>
  programs.filter((program) => findProgram(program, environment) === undefined);

/** Like `findProgram`; an error that says how to get it where it is missing. */
export const requireProgram = (program: Program): string => {
  const path = findProgram(program);
  if (path === undefined) throw new Error(`${program} is missing; to get it: node test/rigs/kubernetes/build.ts`);
  return path;
};

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
