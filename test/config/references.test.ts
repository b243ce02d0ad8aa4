import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../src/config/secrets/redaction.ts';
import { createSecrets } from '../../src/config/references/references.ts';
import type { SecretsDependencies } from '../../src/config/references/references.ts';
import { parseReferences, splitWords } from '../../src/config/references/reference-syntax.ts';
import { freshDirectory, rejectionOf } from './rig.ts';

const open = (over: Partial<SecretsDependencies> = {}) => {
  const known: (readonly [string, string])[] = [];
  const directory = over.directory ?? freshDirectory();
  const env = { PATH: process.env['PATH'], DB: 'postgres://app:p%40ss-1@h/d', ...over.env };
  const secrets = createSecrets({
    redactor: { add: (name, value) => known.push([name, value]) },
    ...over,
    env,
    directory,
  });
  return { secrets, known, directory };
};

test('a text without references stays as it is', async () => {
  const { secrets, known } = open();
  expect(await secrets.resolve({ a: ['$HOME', '${HOME}', 1, null, true] })).toEqual({
    a: ['$HOME', '${HOME}', 1, null, true],
  });
  expect(known).toEqual([]);
});

test('references are replaced in texts, lists and mappings, several in one text', async () => {
  const { secrets, directory } = open({ env: { USER_NAME: 'ada', PASSWORD: 'pass-word-1' } });
  writeFileSync(join(directory, 'host'), 'db.example.com\n');
  expect(
    await secrets.resolve({
      url: 'postgres://${env:USER_NAME}:${ env:x}${env:PASSWORD}@${file:host}/d',
      list: ['${file:./host}'],
    }),
  ).toEqual({
    url: 'postgres://ada:${ env:x}pass-word-1@db.example.com/d',
    list: ['db.example.com'],
  });
});

test('a command is run without a shell, in the directory of the configuration, once', async () => {
  const { secrets, directory, known } = open({ env: { TOKEN_FOR_TOOL: 'x' } });
  const program = `require('fs').appendFileSync('runs', '1');
console.log(process.argv[1], process.env.TOKEN_FOR_TOOL, process.cwd() === ${JSON.stringify(directory)})`;
  writeFileSync(join(directory, 'tool.cjs'), program);
  const reference = `\${command:${process.execPath} -e "require('./tool.cjs')" "$HOME } a"}`;
  const [first, second] = await secrets.resolve([reference, reference]);
  expect(first).toBe('$HOME } a x true');
  expect(second).toBe(first);
  expect(known.map(([name]) => name)).toEqual([reference.slice(2, -1)]);
  expect(await secrets.resolve('${file:runs}')).toBe('1');
});

test('nothing is looked up before it is asked for', async () => {
  const asked: string[] = [];
  const { secrets } = open({ runCommand: async ([program = '']) => (asked.push(program), 'value') });
  expect(asked).toEqual([]);
  expect(await secrets.resolve('${command:op read x}')).toBe('value');
  expect(asked).toEqual(['op']);
});

test('values, and the passwords in them, are registered under the name of the reference', async () => {
  const { secrets, known } = open();
  await secrets.resolve({ url: '${env:DB}' }, 'environments.production.database');
  expect(known).toContainEqual(['env:DB', 'postgres://app:p%40ss-1@h/d']);
  expect(known).toContainEqual(['env:DB', 'p%40ss-1']);
  expect(known).toContainEqual(['env:DB', 'p@ss-1']);
});

test('a password that is written out in a URL is registered under its key', async () => {
  const { secrets, known } = open();
  await secrets.resolve({ url: 'redis://:hunter2hunter2@h' }, 'environments.staging.cache');
  expect(known).toEqual([['environments.staging.cache.url', 'hunter2hunter2']]);
});

test('together with the redactor no form of a resolved value is shown', async () => {
  const redactor = createRedactor();
  await open({ redactor, env: { TOKEN: 'tok/en+value=1' } }).secrets.resolve('${env:TOKEN}');
  for (const form of [
    'tok/en+value=1',
    encodeURIComponent('tok/en+value=1'),
    Buffer.from('tok/en+value=1').toString('base64'),
  ])
    expect(redactor.redact(`<${form}>`)).toBe('<‹secret:env:TOKEN›>');
});

describe('what cannot be resolved names the reference and the key, and no value', () => {
  test.each([
    [
      'an unset variable',
      '${env:NOT_THERE}',
      'cannot resolve ${env:NOT_THERE} at cache.url: the environment variable NOT_THERE is not set',
      'set the environment variable NOT_THERE',
    ],
    [
      'an empty variable',
      '${env:EMPTY}',
      'cannot resolve ${env:EMPTY} at cache.url: the environment variable EMPTY is empty',
      'set the environment variable EMPTY',
    ],
    [
      'no name of a variable',
      '${env:A-B}',
      'cannot resolve ${env:A-B} at cache.url: expected the name of an environment variable',
      'correct the reference in the configuration',
    ],
    [
      'no end',
      'x ${env:A',
      'cannot resolve ${env:A} at cache.url: the closing } is missing',
      'correct the reference in the configuration',
    ],
    [
      'no file',
      '${file:/nowhere/x}',
      'cannot resolve ${file:/nowhere/x} at cache.url: /nowhere/x: no such file',
      "write the secret to /nowhere/x (a relative path begins at the configuration's directory)",
    ],
    [
      'a directory',
      '${file:/tmp}',
      'cannot resolve ${file:/tmp} at cache.url: /tmp: it is a directory',
      "write the secret to /tmp (a relative path begins at the configuration's directory)",
    ],
    [
      'no program',
      '${command:no-such-program-here a}',
      'cannot resolve ${command:no-such-program-here a} at cache.url: cannot run no-such-program-here: not found in PATH',
      'try it by hand: no-such-program-here a',
    ],
    [
      'a program that fails',
      '${command:sh -c "echo hunter2; echo hunter2 >&2; exit 3"}',
      'cannot resolve ${command:sh -c "echo hunter2; echo hunter2 >&2; exit 3"} at cache.url: sh ended with exit code 3',
      'try it by hand: sh -c "echo hunter2; echo hunter2 >&2; exit 3"',
    ],
    [
      'a program that says nothing',
      '${command:true}',
      'cannot resolve ${command:true} at cache.url: it is empty',
      'try it by hand: true',
    ],
    [
      'a quote that is not closed',
      '${command:op "a}',
      'cannot resolve ${command:op "a}} at cache.url: the closing } is missing',
      'correct the reference in the configuration',
    ],
  ])('%s', async (_, text, message, next) => {
    const { secrets } = open({ env: { EMPTY: '' } });
    const error = await rejectionOf(secrets.resolve({ url: text }, 'cache'));
    expect(error.kind).toBe('usage');
    expect(error.message).toBe(message);
    expect(error.next).toEqual([next]);
  });

  test('what failed can be mended and asked for again', async () => {
    const { secrets, directory } = open();
    await rejectionOf(secrets.resolve('${file:late}'));
    writeFileSync(join(directory, 'late'), 'here');
    expect(await secrets.resolve('${file:late}')).toBe('here');
  });

  test('a program that is not executable', async () => {
    const { secrets, directory } = open();
    writeFileSync(join(directory, 'tool'), '#!/bin/sh\n');
    chmodSync(join(directory, 'tool'), 0o644);
    expect((await rejectionOf(secrets.resolve('${command:./tool}'))).message).toContain(
      'cannot run ./tool: it is not executable',
    );
  });
});

test.each([
  ['op read op://a/b', ['op', 'read', 'op://a/b']],
  ['  a   b ', ['a', 'b']],
  [`a 'b c' "d e"`, ['a', 'b c', 'd e']],
  [`a "" ''`, ['a', '', '']],
  [`a"b c"d`, ['ab cd']],
  [`"a \\" b" '\\'`, ['a " b', '\\']],
  ['a\\b $C | d', ['a\\b', '$C', '|', 'd']],
  ['', []],
])('the words of %j', (line, words) => expect(splitWords(line)).toEqual(words));

test('a reference ends at its brace', () => {
  expect(parseReferences('a${env:B}c}').map((part) => (typeof part === 'string' ? part : part.name))).toEqual([
    'a',
    'env:B',
    'c}',
  ]);
  expect(parseReferences('${command:x "}" y}z').map((part) => (typeof part === 'string' ? part : part.target))).toEqual(
    ['x "}" y', 'z'],
  );
});
