import { accessSync, constants, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { missingPrograms } from './kubernetes/binaries.ts';
import { isInstalled } from './aws/environment.ts';
import { broughtVersions } from './postgres/versions.ts';

/** Something real that tests run against, and what it takes to have it. */
export interface Rig {
  readonly name: string;
  readonly usedFor: string;
  /** Asked again after it was fetched. */
  readonly available: boolean;
  /** How to get it. */
  readonly get: string;
  /** A program of ours that fetches or builds it, once for all checkouts of this machine. */
  readonly script?: string;
}

const onPath = (program: string, more: readonly string[] = []): boolean =>
  [...(process.env['PATH'] ?? '').split(delimiter), ...more].some((directory) =>
    isExecutable(join(directory, program)),
  );

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Debian keeps the server's programs away from the PATH. */
const postgresDirectories = (): readonly string[] => {
  try {
    return readdirSync('/usr/lib/postgresql').map((version) => join('/usr/lib/postgresql', version, 'bin'));
  } catch {
    return [];
  }
};

const loads = (module: string): boolean => {
  try {
    createRequire(import.meta.url)(module);
    return true;
  } catch {
    return false;
  }
};

/** What this machine has. A test that needs a rig asks here, so that none is left out unseen. */
export const rigs = {
  postgres: {
    name: 'PostgreSQL server',
    usedFor: "the sandbox's database",
    available: onPath('initdb', postgresDirectories()),
    get: 'apt-get install postgresql',
  },
  postgresVersions: {
    name: 'PostgreSQL 13 and 18',
    usedFor: 'the database adapter, on the oldest and the newest version',
    get available() {
      return broughtVersions().length >= 2;
    },
    get: 'node test/rigs/postgres/install.ts',
    script: 'test/rigs/postgres/install.ts',
  },
  redis: {
    name: 'Redis server',
    usedFor: "the sandbox's cache",
    available: onPath('redis-server'),
    get: 'apt-get install redis-server',
  },
  terminal: {
    name: 'pseudo-terminal',
    usedFor: 'prompts, Ctrl-C, the live view',
    available: loads('node-pty'),
    get: 'npm ci (node-pty builds or brings its module)',
  },
  mount: {
    name: 'tiny file system',
    usedFor: 'a full disk under the audit log',
    available: process.getuid?.() === 0 && onPath('mount'),
    get: 'run the tests as root',
  },
  kubernetes: {
    name: 'Kubernetes control plane',
    usedFor: 'restart, scale and roll back on Kubernetes',
    get available() {
      return missingPrograms().length === 0;
    },
    get: 'node test/rigs/kubernetes/build.ts (needs Go; some minutes, once)',
    script: 'test/rigs/kubernetes/build.ts',
  },
  chromium: {
    name: 'Chromium',
    usedFor: 'the HTML report opens without a network',
    available: onPath('chromium'),
    get: 'apt-get install chromium',
  },
  aws: {
    name: "moto's server and the AWS CLI",
    usedFor: 'the ECS adapter',
    get available() {
      return isInstalled();
    },
    get: 'node test/rigs/aws/install.ts (needs python3 with venv)',
    script: 'test/rigs/aws/install.ts',
  },
} as const satisfies Record<string, Rig>;
