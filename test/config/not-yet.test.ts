import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { guardsFor } from '../../src/cli/session/guards.ts';
import { notActedOn } from '../../src/config/check/not-yet.ts';
import { describeConfig } from '../../src/config/schema.ts';
import { load, withProduction } from './rig.ts';

const src = fileURLToPath(new URL('../../src', import.meta.url));
/** Everything that could act on a key. `config/` checks and shows all of them; capabilities describe themselves. */
const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.startsWith('config/') && !name.endsWith('/capability.ts'))
  .map((name) => [name, readFileSync(join(src, name), 'utf8')] as const);

/** What a configuration or a part of it is called there. */
const holders = '(?:config|environment|settings|database|loaded)';
/** `config.alerts`, `environment?.cache`, `const { queues } = environment`. What is taken by a computed name the types forbid: see `ActedOn`. */
const readersOf = (key: string): readonly string[] => {
  const access = new RegExp(`\\b${holders}\\b\\)?(?:\\?|!)?(?:\\.|\\[')${key}\\b`);
  const taken = new RegExp(`\\{[^{}]*\\b${key}\\b[^{}]*\\}\\s*=\\s*[^;]*\\b${holders}\\b`);
  return sources.filter(([, text]) => access.test(text) || taken.test(text)).map(([name]) => name);
};

const { schema, capabilities, team } = await describeConfig();
const top = Object.keys(schema.def.shape);
const ofEnvironments = Object.keys(schema.def.shape.environments.def.valueType.def.shape);
const described = Object.entries({ ...capabilities, ...team });
const without = described.filter(([, { open }]) => open === undefined).map(([key]) => key);

test.each([...notActedOn, ...without])('%s is read nowhere', (key) => {
  expect([...top, ...ofEnvironments]).toContain(key);
  expect(readersOf(key)).toEqual([]);
});

test('every other key is read somewhere, or is that of a capability that can be opened', () => {
  const listed = new Set<string>([...notActedOn, ...described.map(([key]) => key)]);
  const read = [...top, ...ofEnvironments].filter((key) => !listed.has(key));
  // The version tells the schemas apart, and the default is looked at where an environment is selected.
  expect(read.filter((key) => readersOf(key).length === 0)).toEqual(['version', 'defaultEnvironment']);
});

test('nothing is changed under a configuration that promises more safety than there is; looks and dry runs go on', async () => {
  const { config } = load(`${withProduction('{}')}audit: { anchor: required }\nlock: { provider: kubernetes }\n`);
  const guards = (does: 'changes' | 'reads', dryRun = false) =>
    guardsFor({ globals: { dryRun }, settings: { config, name: 'production' }, env: {} } as never, {
      procedure: { does, id: 'restart.rolling' } as never,
      session: 's',
    });
  const intended = { step: 'a', title: 'A', tier: 'mild' } as const;
  const [guard] = await guards('changes');
  for (const asked of [guard?.beforeQuestion(intended), guard?.beforeIntent(intended)])
    await expect(asked).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/audit\.anchor: .* set `anchor: none`\. lock\.provider: .*\.$/),
      next: ['rb config check'],
    });
  expect(await guards('reads')).toEqual([]);
  expect(await guards('changes', true)).toEqual([]);
});
