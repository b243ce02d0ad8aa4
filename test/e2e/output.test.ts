import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { rb, runtime } from './program.ts';
import { keys } from './screen.ts';
import { setting, useStage } from './stage.ts';

const stage = useStage();
afterEach(() => stage.heal());

const escape = '\u001B';
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const colour = /\u001B\[[\d;]*m/;

interface Step {
  readonly id: string;
  readonly result: string;
  readonly finding: {
    readonly verdict: string;
    readonly summary: string;
    readonly data: Record<string, unknown>;
  } | null;
}
interface Document {
  readonly procedure: string;
  readonly outcome: { readonly status: string; readonly undone: readonly string[]; readonly next: readonly string[] };
  readonly verdict: string;
  readonly steps: readonly Step[];
}

describe('rb health', () => {
  test('healthy: exit code 0, every endpoint, the load balancer and each instance', async () => {
    const { code, stdout } = await stage.operator().run('health');
    expect(code).toBe(0);
    for (const words of [
      '3 of 3 endpoints healthy',
      '/health/ready',
      'load balancer check /health passes',
      'checkout-3',
    ])
      expect(stdout).toContain(words);
  });

  test('an instance is unhealthy, though the load balancer hides it: exit code 6', async () => {
    await stage.control('fail checkout-2 unhealthy --now');
    const operator = stage.operator();
    const { code, stdout, stderr } = await operator.run('health');
    expect(code).toBe(6);
    expect(stdout).toMatch(/checkout-2: running \(.*503.*\); 2 of 3 instances healthy/);
    expect(stderr).toContain('rb restart status');
    expect((await operator.run('restart status')).code).toBe(6);
    const json = (await operator.run('health -o json')).json() as Document;
    expect([json.verdict, json.outcome.status]).toEqual(['critical', 'critical']);
    const instances = json.steps.find(({ id }) => id === 'health/instances')?.finding?.data['instances'];
    expect(instances).toMatchObject([{ health: 'ok' }, { id: 'checkout-2', health: 'critical' }, { health: 'ok' }]);
  });

  test('everything is down: exit code 6, and each endpoint says how it fails', async () => {
    await stage.control('stop');
    const { code, stdout } = await stage.operator().run('health');
    expect(code).toBe(6);
    expect(stdout).toContain('0 of 3 endpoints healthy');
    expect(stdout).toMatch(/load balancer check \/health: failed 3 times in a row/);
  });

  test('with a wrong answer: 200 alone is not healthy', async () => {
    const operator = stage.operator(
      setting('health.endpoints', [{ path: '/health', expect: { status: 'excellent' } }]),
    );
    const { code, stdout } = await operator.run('health');
    expect([code, stdout]).toEqual([6, expect.stringMatching(/status.*"?ok"?/)]);
  });

  test('--watch goes on until Ctrl-C: exit code 130', async () => {
    const session = stage.operator().session('health --watch --every 1s');
    await session.shows('/health/live');
    session.type(keys.ctrlC);
    expect(await session.ended).toBe(130);
  });

  test('--watch finds what fails three times in a row: exit code 6', async () => {
    const watch = stage.operator().start('health --watch --every 1s --for 8s -o ndjson');
    await watch.writes('"sample"');
    await stage.control('stop');
    const { code } = await watch.ended;
    expect(code).toBe(6);
  });
});

describe('output for programs', () => {
  test('-o json: one document, nothing else on standard output; the shape', async () => {
    const run = await stage.operator().run('health -o json');
    expect(run.json()).toMatchObject({
      session: expect.stringMatching(/^\d{8}-\d{6}-\d{3}-\w{4}$/) as string,
      procedure: 'health',
      section: '4',
      service: 'checkout',
      environment: 'sandbox',
      outcome: { status: 'done', undone: [], next: [] },
      verdict: 'ok',
    });
    const { steps } = run.json() as Document;
    expect(steps.map(({ id, result }) => `${id} ${result}`)).toEqual(
      expect.arrayContaining(['health/endpoints ok', 'health/load-balancer ok', 'health/instances ok']),
    );
    for (const { id, finding } of steps)
      if (id !== 'health') expect(finding).toMatchObject({ verdict: 'ok', summary: expect.any(String) as string });
  });

  test('-o ndjson: each event as one line, when it happens', async () => {
    const events = (await stage.operator().run('restart status -o ndjson')).lines();
    // What this platform cannot tell (its rollout, its autoscaler) is passed over.
    const told = events
      .filter(({ result }) => result !== 'skipped')
      .map(({ type, step }) => `${String(type)} ${typeof step === 'string' ? step : ''}`);
    expect(told.filter((event) => !event.startsWith('step.started'))).toEqual([
      'session.opened ',
      'step.result status/instances',
      'session.closed ',
    ]);
    expect(told).toContain('step.started status/instances');
    for (const event of events)
      expect(event).toMatchObject({ at: expect.any(String) as string, monotonicMs: expect.any(Number) as number });
  });

  test('a refusal and an error are JSON as well', async () => {
    const operator = stage.operator();
    const refused = await operator.run('restart --rolling -o json');
    expect([refused.code, (refused.json() as Document).outcome.status]).toEqual([2, 'usage']);
    const wrong = await operator.run('health -e nowhere -o json');
    expect([wrong.code, wrong.json()]).toEqual([2, { error: expect.objectContaining({ kind: 'usage' }) as object }]);
  });

  test('a whole rollout: no prose on standard output', async () => {
    const run = await stage.operator().run('restart --instance checkout-1 --confirm checkout/sandbox -o ndjson');
    expect(run.code).toBe(0);
    expect(run.lines().at(-1)).toMatchObject({ type: 'session.closed', outcome: { status: 'done' } });
  });

  test('--quiet: data and errors only', async () => {
    const operator = stage.operator();
    expect(await operator.run('restart status -q')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('checkout-1') as string,
    });
    const refused = await operator.run('restart --rolling -q');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--yes')]);
  });
});

/** Runs a line of a shell in which `rb` is the program. */
const shell = async (line: string): Promise<{ code: number | null; stdout: string; stderr: string }> => {
  const { home } = stage.operator();
  const child = spawn('bash', ['-c', `rb() { "${runtime}" "${rb}" -c "${stage.sandbox.configPath}" "$@"; }; ${line}`], {
    env: { PATH: `${runtime.slice(0, runtime.lastIndexOf('/'))}:${process.env['PATH'] ?? ''}`, HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
};

describe('a reader that goes away', () => {
  test.for([
    'rb health -o json | head -1',
    'rb config show | head -1',
    'rb restart --rolling --dry-run | head -1',
    'rb health --watch --every 1s --for 2s -o ndjson | head -1',
    'rb --help | head -1',
    'rb restart --rolling --dry-run 2>&1 >/dev/null | head -1',
    'rb restart status | true',
  ])('%s', async (line) => {
    const { stdout, stderr } = await shell(`${line}; echo "exit \${PIPESTATUS[0]}"`);
    expect(stdout).toContain('exit 0');
    expect(stderr).not.toMatch(/EPIPE|\n\s+at |fault/);
  });

  test.for([
    'rb restart status >&-',
    'rb restart status 2>&-',
    'rb restart status <&-',
    'rb restart status >&- 2>&- <&-',
  ])('%s', async (line) => {
    const { stdout, stderr } = await shell(`${line}; echo "exit $?"`);
    expect([stdout, stderr]).toEqual([expect.stringContaining('exit 0'), expect.not.stringMatching(/\n\s+at |fault/)]);
  });

  test('a disk that is full under standard output is said, not crashed upon', async () => {
    const { stderr } = await shell('rb health -o json > /dev/full');
    expect(stderr).toContain('standard output');
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('a rollout goes on to its end when nobody reads what it says', async () => {
    const known = stage.restarted().length;
    const { stdout } = await shell('rb restart --rolling --yes 2>&1 | head -1; echo "exit ${PIPESTATUS[0]}"');
    expect(stdout).toContain('exit 0');
    expect(stage.restarted(known)).toEqual(['checkout-1', 'checkout-2', 'checkout-3']);
  });
});

describe('colour', () => {
  test('at a terminal there is some; NO_COLOR, --no-color and TERM=dumb leave none', async () => {
    const operator = stage.operator();
    const bytes = async (line: string, env: Record<string, string> = {}) => {
      const session = operator.session(line, { env });
      await session.ended;
      return session.bytes();
    };
    expect(await bytes('restart status')).toMatch(colour);
    expect(await bytes('restart status', { NO_COLOR: '1' })).not.toMatch(colour);
    expect(await bytes('restart status --no-color')).not.toMatch(colour);
    expect(await bytes('restart status', { TERM: 'dumb' })).not.toContain(escape);
    expect(await bytes('restart --instance checkout-1 --confirm checkout/sandbox', { TERM: 'dumb' })).not.toContain(
      escape,
    );
    expect(await bytes('nonsense', { NO_COLOR: '1' })).not.toMatch(colour);
  });

  test('without a terminal there is no escape sequence; FORCE_COLOR brings colour back', async () => {
    const operator = stage.operator();
    for (const line of ['health', 'restart --rolling --dry-run', 'restart --rolling', 'nonsense', '--help'])
      expect((await operator.run(line)).all).not.toContain(escape);
    expect((await operator.run('health', { env: { FORCE_COLOR: '1' } })).all).toMatch(colour);
  });

  test('the question is without colour as well', async () => {
    const session = stage.operator().session('restart --rolling', { env: { NO_COLOR: '1' } });
    await session.shows('Do it? [y/N]');
    await session.answer(`n${keys.enter}`);
    expect(await session.ended).toBe(4);
    expect(session.bytes()).not.toMatch(colour);
  });

  test('a terminal that is dumb is not asked', async () => {
    const session = stage.operator().session('restart --rolling', { env: { TERM: 'dumb' } });
    expect(await session.ended).toBe(2);
  });
});

describe('width', () => {
  test.for([60, 80, 200])('%d columns: no line is too long for the screen', async (columns) => {
    const operator = stage.operator();
    for (const line of ['health', 'overview', 'restart status', 'scale status', 'audit list']) {
      const session = operator.session(line, { columns });
      await session.ended;
      expect([line, session.tooLong()]).toEqual([line, []]);
    }
    const session = operator.session('restart --rolling', { columns });
    await session.shows('Do it? [y/N]');
    await session.answer(`n${keys.enter}`);
    expect(await session.ended).toBe(4);
    expect(session.tooLong()).toEqual([]);
  });

  test('a rollout at 80 columns draws one table in place', async () => {
    const session = stage.operator().session('restart --rolling --yes', { columns: 80 });
    expect(await session.ended).toBe(0);
    expect(session.tooLong()).toEqual([]);
    expect(session.screen().match(/^ *Instance +Version/gim)?.length).toBe(1);
    expect(session.screen()).toMatch(/checkout-3 .*healthy/);
  });

  test('into a file nothing is cut off', async () => {
    const wide = 'w'.repeat(300);
    const operator = stage.operator((config) =>
      config.setIn(['service', 'dashboards', 'long'], `https://wiki.example.com/${wide}`),
    );
    expect((await operator.run('overview', { env: { COLUMNS: '80' } })).stdout).toContain(wide);
  });
});
