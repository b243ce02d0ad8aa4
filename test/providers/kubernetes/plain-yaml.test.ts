import {
  array,
  assert,
  constantFrom,
  dictionary,
  letrec,
  nat,
  oneof,
  property,
  string,
  stringMatching,
} from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocument, stringify } from 'yaml';
import { readPlainYaml } from '../../../src/providers/kubernetes/plain-yaml.ts';

const kubectl = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==
    extensions:
    - extension:
        last-update: Sun, 22 Nov 2026 18:00:00 UTC
        version: v1.37.0
      name: cluster_info
    server: https://ABC.gr7.eu-central-1.eks.amazonaws.com
  name: arn:aws:eks:eu-central-1:123456789012:cluster/prod
contexts:
- context:
    cluster: arn:aws:eks:eu-central-1:123456789012:cluster/prod
    user: ann
  name: prod
current-context: ""
kind: Config
preferences: {}
users:
- name: ann
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - --region
      - eu-central-1
      - -o
      command: aws
      env:
      - name: AWS_PROFILE
        value: 'prod'
      - name: EMPTY
        value: null
      interactiveMode: IfAvailable
      provideClusterInfo: false
`;

/** What the library reads; undefined where it finds fault. */
const library = (text: string): unknown => {
  const document = parseDocument(text, { schema: 'core', prettyErrors: false, logLevel: 'error' });
  return document.errors.length > 0 || document.warnings.length > 0 ? undefined : document.toJS();
};

describe('the plainest YAML', () => {
  test('is what kubectl writes: it is read as by the library', () => {
    expect(readPlainYaml(kubectl)).toBeDefined();
    expect(readPlainYaml(kubectl)).toEqual(library(kubectl));
  });

  test.each([
    'a: |\n  text\n',
    'a: b # a comment\n',
    '# a comment\na: b\n',
    'a: &x b\nc: *x\n',
    'a: {b: c}\n',
    'a: "\\u0041"\n',
    "a: 'it''s'\n",
    'a: 12\n',
    'a: 1.5e3\n',
    'a: -.inf\n',
    'a: ~\n',
    'a: True\n',
    'a: !!str b\n',
    'a: first\n  second\n',
    'a: b\na: c\n',
    'a: b: c\n',
    'a:\tb\n',
    'a: ä\n',
    '---\na: b\n',
    '- - a\n',
    'a:\n   b: c\n  d: e\n',
    '? a\n: b\n',
    'a\n',
    '"a": b\n',
  ])('is not %j: that is left to the library', (text) => {
    expect(readPlainYaml(text)).toBeUndefined();
  });
});

const word = stringMatching(/^[A-Za-z][A-Za-z0-9./-]{0,8}$/);
const scalars = oneof(
  word,
  constantFrom(
    'true',
    'null',
    '',
    '12',
    '- x',
    'a: b',
    'a #b',
    '--flag',
    '-1',
    '"',
    "it's",
    'a b',
    'https://h:1/x',
    'yes',
    '~',
    'LS0t==',
  ),
  string(),
);
const { tree } = letrec((tie) => ({
  tree: oneof(
    { maxDepth: 4 },
    scalars,
    constantFrom(true, false, null, 7),
    array(tie('tree'), { maxLength: 3 }),
    dictionary(word, tie('tree'), { maxKeys: 4 }),
  ),
}));

describe('whatever is read here, the library reads the same', () => {
  test('in what it wrote itself', () => {
    let read = 0;
    assert(
      property(dictionary(word, tree, { minKeys: 1, maxKeys: 4 }), nat(1), (value, style) => {
        const text = stringify(value, style === 0 ? {} : { indentSeq: false, lineWidth: 0 });
        const ours = readPlainYaml(text);
        if (ours === undefined) return;
        read += 1;
        expect(ours).toEqual(library(text));
      }),
      { numRuns: 2000 },
    );
    expect(read).toBeGreaterThan(100);
  });

  test('in a kubeconfig in which something was changed', () => {
    const pieces = constantFrom(
      '',
      ' ',
      '  ',
      '\n',
      '\n  ',
      '- ',
      '-',
      ':',
      ': ',
      '#',
      ' #',
      '"',
      "'",
      '{',
      '[',
      '&a ',
      '*a',
      '|',
      '>',
      '!',
      '%',
      '@',
      '`',
      ',',
      '~',
      '0',
      'x',
      '---\n',
      '...',
      '<<: ',
      'null',
      '\t',
      '\\',
    );
    let read = 0;
    assert(
      property(array(nat(kubectl.length), { minLength: 1, maxLength: 2 }), pieces, nat(12), (places, piece, length) => {
        let text = kubectl;
        for (const place of places) text = text.slice(0, place) + piece + text.slice(place + length);
        const ours = readPlainYaml(text);
        if (ours === undefined) return;
        read += 1;
        expect(ours, text).toEqual(library(text));
      }),
      { numRuns: 4000 },
    );
    expect(read).toBeGreaterThan(500);
  });
});
