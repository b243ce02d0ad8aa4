// npm run sandbox -- up | status | down [--directory D]
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runningState, startSandbox, stopSandbox, type Sandbox } from './index.ts';
import { ask } from './control.js';
import { checkout, defaultDirectory, type SandboxState } from './state.ts';
import type { InstanceView } from './supervisor/slot.ts';
import { trustCheckout } from './trust.ts';

const usage = `Usage: npm run sandbox -- up | status | down [--directory <directory>]

  up       start a small real stack on this machine: three instances behind a load balancer, PostgreSQL, Redis, TLS
  status   what runs
  down     end it and remove its directory (default: .sandbox)
`;

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const up = async (directory: string): Promise<void> => {
  const began = performance.now();
  const sandbox = await startSandbox({ directory, outlive: true, quiet: true });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  print(
    sandbox.reused
      ? `The sandbox is running already in ${near(directory)}`
      : `The sandbox is up after ${seconds} s in ${near(directory)}`,
  );
  describe(sandbox.state, sandbox);
  // The checkout's own configuration drives the sandbox in the default directory, and no other.
  if (resolve(directory) === defaultDirectory && (await trustCheckout()))
    print(`  or none: rb trusts ${near(join(checkout, 'runbook.config.yaml'))} here`);
};

const describe = (state: SandboxState, sandbox: Pick<Sandbox, 'configPath' | 'directory'>): void => {
  print(`  service   ${state.url ?? ''}`);
  print(`  with TLS  ${state.tlsUrl ?? ''}  (its CA: ${near(sandbox.directory)}/tls/ca.pem)`);
  if (state.databasePort !== undefined) {
    print(`  database  PostgreSQL ${state.databaseVersion ?? ''} on port ${String(state.databasePort)}`);
  }
  if (state.cachePort !== undefined) print(`  cache     Redis on port ${String(state.cachePort)}`);
  for (const note of state.notes) print(`  without   ${note}`);
  print('');
  print(`  use -c ${near(sandbox.configPath)}`);
};

const status = async (directory: string): Promise<number> => {
  const state = await runningState(directory);
  if (state === undefined) {
    print(`There is no sandbox running in ${near(directory)}; start it with: npm run sandbox -- up`);
    return 1;
  }
  const instances: readonly InstanceView[] = JSON.parse(await ask(state.socket, 'instances', []));
  const rows = instances.map(({ id, state, version, startedAt, url }) => [
    id,
    state,
    version,
    startedAt ?? '-',
    url ?? '-',
  ]);
  printTable([['INSTANCE', 'STATE', 'VERSION', 'STARTED', 'URL'], ...rows]);
  print('');
  describe(state, { configPath: state.configPath, directory });
  return 0;
};

const printTable = (rows: readonly (readonly string[])[]): void => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    print(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
};

const down = async (directory: string): Promise<void> => {
  await stopSandbox(directory);
  print(`Nothing of the sandbox in ${near(directory)} is left`);
};

const near = (path: string): string => {
  const relativePath = relative('.', path);
  return relativePath === '' || relativePath.startsWith('..') ? path : relativePath;
};

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { directory: { type: 'string' } } });
  const directory = values.directory ?? defaultDirectory;
  const [command, ...more] = positionals;
  if (more.length > 0) throw new Error(usage);
  if (command === 'status') return status(directory);
  if (command === 'up') await up(directory);
  else if (command === 'down') await down(directory);
  else throw new Error(usage);
  return 0;
};

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
