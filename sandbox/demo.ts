// npm run demo: a rolling restart of a real service under load, and the proof that nobody noticed.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { auditProof, newestSession } from './demo-audit.ts';
import { startSandbox, type Sandbox } from './index.ts';
import { startLoad, type LoadCount } from './load.ts';
import { rbProgram, type Program } from './program.ts';
import type { InstanceView } from './supervisor/slot.ts';
import { trustCheckout } from './trust.ts';

const perSecond = 100;
/** Fewer would prove little; where the restart was quick, the load goes on. */
const leastRequests = 500;

/** The exit codes of `rb` for a declined and for an interrupted prompt. */
const saidNo = [4, 130];

const print = (line = ''): void => {
  process.stdout.write(`${line}\n`);
};

/** One thing that the demo shows: whether it was so, and the sentence that says it. */
interface Shown {
  readonly holds: boolean;
  readonly sentence: string;
}

const demo = async (sandbox: Sandbox): Promise<Shown[]> => {
  const rb = rbProgram(sandbox.configPath);
  print(`Three instances of a service run behind ${sandbox.url} and get ${String(perSecond)} requests a second.`);
  print();
  const sessionBefore = await newestSession(rb);
  const before = await instances(sandbox);
  const load = startLoad(sandbox.url, perSecond);
  const exitCode = await restart(rb);
  if (exitCode === 0) await load.until(leastRequests);
  const count = await load.stop();
  const after = await instances(sandbox);
  print();
  if (saidNo.includes(exitCode)) return [restarted(exitCode)];
  const shown = [restarted(exitCode), served(count), renewed(before, after)];
  const session = await newestSession(rb);
  if (session === undefined || session === sessionBefore) {
    return [...shown, { holds: false, sentence: 'rb audit list names no session for it' }];
  }
  return [...shown, ...(await auditProof(rb, session))];
};

/** Asks at a terminal; elsewhere the flags answer. */
const restart = (rb: Program): Promise<number> => {
  const interactive = process.stdin.isTTY && process.stdout.isTTY;
  const args = ['restart', '--rolling', ...(interactive ? [] : ['--yes', '--reason', 'demo'])];
  print(`$ rb ${args.join(' ')}`);
  return rb.show(args);
};

const instances = async (sandbox: Sandbox): Promise<readonly InstanceView[]> =>
  JSON.parse(await sandbox.control(['instances']));

const restarted = (exitCode: number): Shown => {
  if (exitCode === 0) return { holds: true, sentence: 'rb restart --rolling ended with exit code 0' };
  const why = saidNo.includes(exitCode) ? 'you said no, and nothing is shown; "npm run demo" asks again' : 'see above';
  return { holds: false, sentence: `rb restart --rolling ended with exit code ${String(exitCode)}: ${why}` };
};

const served = ({ requests, failed, reasons }: LoadCount): Shown => {
  const why = [...reasons].map(([reason, times]) => `${String(times)} x ${reason}`).join(', ');
  return {
    holds: failed === 0 && requests >= leastRequests,
    sentence: `${String(requests)} requests during the restart, ${String(failed)} failed${why === '' ? '' : ` (${why})`}`,
  };
};

const renewed = (before: readonly InstanceView[], after: readonly InstanceView[]): Shown => {
  const pairs = after.map(({ id, startedAt }) => ({
    id,
    old: before.find((each) => each.id === id)?.startedAt ?? null,
    new: startedAt,
  }));
  const isNew = pairs.filter((pair) => pair.new !== null && pair.new !== pair.old);
  const lines = pairs.map((pair) => `      ${pair.id}  started ${pair.new ?? 'not'}, before ${pair.old ?? 'not'}`);
  return {
    holds: isNew.length === pairs.length && pairs.length > 0,
    sentence: [`${String(isNew.length)} of ${String(pairs.length)} instances have a new start time`, ...lines].join(
      '\n',
    ),
  };
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options: { directory: { type: 'string' } } });
  // Ctrl-C is for rb, which has the terminal: the demo goes on to its end and removes what it has made.
  process.on('SIGINT', () => undefined);
  const directory = values.directory ?? mkdtempSync(join(tmpdir(), 'rb-demo-'));
  const sandbox = await startSandbox({ directory });
  await trustCheckout();
  try {
    const shown = await demo(sandbox);
    for (const { holds, sentence } of shown) print(`${holds ? '  ok  ' : 'FAILED'} ${sentence}`);
    return shown.every(({ holds }) => holds) ? 0 : 1;
  } finally {
    if (!sandbox.reused) await sandbox.down();
  }
};

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
