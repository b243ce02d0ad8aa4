import { describe, expect, test } from 'vitest';
import { missingSection, selectEnvironment } from '../../src/config/environment.ts';
import { capability } from '../../src/providers/workload/capability.ts';
import { errorOf, load } from './rig.ts';

const several = 'version: 1\nservice: { name: shop }\nenvironments: { production: { protected: true }, staging: {} }\n';
const one = 'version: 1\nservice: { name: shop }\nenvironments: { staging: {} }\n';

describe('the environment is', () => {
  test('the one that the flag names', () =>
    expect(selectEnvironment(load(several), 'production')).toMatchObject({
      name: 'production',
      environment: { protected: true },
    }));
  test('else the default', () =>
    expect(selectEnvironment(load(`${several}defaultEnvironment: staging\n`)).name).toBe('staging'));
  test('the flag counts more than the default', () =>
    expect(selectEnvironment(load(`${several}defaultEnvironment: staging\n`), 'production').name).toBe('production'));
  test('else the only one there is', () => expect(selectEnvironment(load(one)).name).toBe('staging'));
});

test.each([
  ['several and no default', several, undefined, 'several environments and no default: production, staging'],
  [
    'a misspelt one',
    several,
    'prodution',
    'no environment "prodution"; there are: production, staging; did you mean "production"?',
  ],
  ['one that is like no other', several, 'x', 'no environment "x"; there are: production, staging'],
  ['a name of the language', several, 'constructor', 'no environment "constructor"; there are: production, staging'],
  ['nothing', several, '', 'no environment ""; there are: production, staging'],
  [
    'a default that is not there',
    `${several}defaultEnvironment: stagin\n`,
    undefined,
    'no environment "stagin" (defaultEnvironment in runbook.config.yaml); there are: production, staging; did you mean "staging"?',
  ],
])('%s is an error', (_, text, flag, message) => {
  const error = errorOf(() => selectEnvironment(load(text), flag));
  expect(error.kind).toBe('usage');
  expect(error.message).toBe(message);
  expect(error.next[0]).toContain('--env production');
});

test('a section that is missing is answered with what to add', () => {
  const error = missingSection(load(one), 'staging', 'workload', capability.example);
  expect(error.kind).toBe('usage');
  expect(error.message).toBe(`runbook.config.yaml says nothing about \`workload\` of staging. For example:

  environments:
    staging:
      workload:
        provider: kubernetes            # or: ecs, command
        context: prod-eu
        namespace: checkout
        resource: deployment/checkout-api`);
  expect(error.next).toEqual(['add `workload` below environments.staging in runbook.config.yaml', 'rb config check']);
});
