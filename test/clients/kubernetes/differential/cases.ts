import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Issued } from '../../../../sandbox/stack/certificates.ts';
import { chance, type Chance } from '../../../hostile/chance.ts';
import type { Recorder } from './recorder.ts';

export interface Case {
  /** In the paths that are asked for: the recorder tells by it who asked. */
  readonly word: string;
  readonly directory: string;
  readonly kubeconfig: string;
  readonly context: string;
  readonly files: Readonly<Record<string, string>>;
}

export interface Material {
  readonly recorder: Recorder;
  readonly ca: string;
  readonly otherCa: string;
  readonly clients: readonly [Issued, Issued];
}

type Field = unknown;
type Fields = Record<string, Field>;

const names = [
  'prod',
  'prod',
  'prod',
  'staging',
  'a b',
  "it's",
  'x: y',
  'a#b',
  '- a',
  'jörg',
  'arn:aws:eks:eu-1:1:cluster/x',
  '0x1f',
] as const;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A few files that KUBECONFIG names, most of them good and all of them odd in some way. */
export const makeCase = (number: number, seed: number, root: string, material: Material): Case => {
  const dice = chance(seed * 100_003 + number);
  const maybe = (percent: number): boolean => dice.number(100) < percent;
  const word = `w${number}x`;
  const directory = join(root, word);
  const files: Record<string, string> = {};
  const file = (name: string, content: string): string => {
    files[name] = content;
    return name;
  };
  /** A path as a kubeconfig may name it. `from`: the folder of the kubeconfig. */
  const path = (from: string, name: string): string => {
    const full = join(directory, name);
    if (maybe(40)) return full;
    return from === '' ? dice.pick([name, `./${name}`]) : `../${name}`;
  };

  const cluster = (from: string): Fields => {
    const { recorder, ca, otherCa } = material;
    const kind = dice.number(100);
    const secure = kind < 88;
    const server = secure
      ? dice.pick([
          `https://127.0.0.1:${recorder.https}`,
          `https://127.0.0.1:${recorder.https}`,
          `https://localhost:${recorder.https}`,
          `https://127.0.0.1:${recorder.https}/`,
          `https://127.0.0.1:${recorder.https}/gateway/one`,
          `HTTPS://LOCALHOST:${recorder.https}`,
        ])
      : kind < 94
        ? `http://127.0.0.1:${recorder.http}`
        : dice.pick([`127.0.0.1:${recorder.https}`, '', undefined, 'https://', `localhost:${recorder.http}`]);
    const authority = (): Fields =>
      dice.pick<() => Fields>([
        () => ({ 'certificate-authority-data': base64(ca) }),
        ...Array.from({ length: 8 }, () => () => ({ 'certificate-authority-data': base64(ca) })),
        ...Array.from({ length: 6 }, () => () => ({ 'certificate-authority': path(from, file('ca.pem', ca)) })),
        () => ({ 'certificate-authority': path(from, file('ca.pem', ca)) }),
        () => ({ 'certificate-authority': path(from, file('ca.pem', ca)), 'certificate-authority-data': '' }),
        () => ({
          'certificate-authority-data': base64(ca),
          'certificate-authority': path(from, file('other.pem', otherCa)),
        }),
        () => ({ 'certificate-authority-data': base64(ca), 'certificate-authority': 'not-there.pem' }),
        () => ({ 'certificate-authority-data': base64(`# of the cluster\n${otherCa}\n${ca}`) }),
        () => ({ 'certificate-authority-data': `${base64(ca).slice(0, 76)}\n${base64(ca).slice(76)}` }),
      ])();
    const brokenAuthority = (): Fields =>
      dice.pick<Fields>([
        {},
        { 'certificate-authority': '' },
        { 'certificate-authority': 'not-there.pem' },
        { 'certificate-authority-data': base64(otherCa) },
        { 'certificate-authority-data': base64('nothing of the kind') },
        ...(maybe(20) ? [{ 'certificate-authority-data': '%%%' }] : []),
      ]);
    return {
      ...(server === undefined ? {} : { server }),
      ...(secure ? (maybe(93) ? authority() : brokenAuthority()) : {}),
      ...(secure && maybe(10)
        ? { 'tls-server-name': dice.pick(['localhost', 'localhost', '', 'other.example.com']) }
        : {}),
      ...(maybe(12)
        ? {
            'proxy-url': dice.pick([
              `http://127.0.0.1:${recorder.proxy}`,
              `http://127.0.0.1:${recorder.proxy}`,
              `http://ann:p%40ss@127.0.0.1:${recorder.proxy}`,
              '',
              'ftp://127.0.0.1:1',
              `127.0.0.1:${recorder.proxy}`,
              'http://127.0.0.1:1',
            ]),
          }
        : {}),
      ...(maybe(5) ? { 'insecure-skip-tls-verify': dice.pick([true, false, false]) } : {}),
      ...(maybe(8) ? { 'disable-compression': dice.pick([true, false]) } : {}),
      ...(maybe(10)
        ? {
            extensions: [
              { name: 'other', extension: { a: 1 } },
              { name: 'client.authentication.k8s.io/exec', extension: { audience: 'x', deep: [1, { b: null }] } },
            ],
          }
        : {}),
    };
  };

  const certificate = (from: string): Fields => {
    const [one, other] = material.clients;
    return dice.pick<() => Fields>([
      () => ({ 'client-certificate-data': base64(one.certificate), 'client-key-data': base64(one.key) }),
      () => ({
        'client-certificate': path(from, file('one.crt', one.certificate)),
        'client-key': path(from, file('one.key', one.key)),
      }),
      () => ({
        'client-certificate': path(from, file('other.crt', other.certificate)),
        'client-key': path(from, file('other.key', other.key)),
        'client-certificate-data': base64(one.certificate),
        'client-key-data': base64(one.key),
      }),
      () => ({
        'client-certificate': path(from, file('one.crt', one.certificate)),
        'client-key-data': base64(one.key),
      }),
    ])();
  };
  const brokenCertificate = (from: string): Fields => {
    const [one, other] = material.clients;
    return dice.pick<() => Fields>([
      () => ({ 'client-certificate-data': base64(one.certificate) }),
      () => ({ 'client-key-data': base64(one.key) }),
      () => ({ 'client-certificate-data': base64(one.certificate), 'client-key-data': base64(other.key) }),
      () => ({ 'client-certificate': 'not-there.crt', 'client-key': path(from, file('one.key', one.key)) }),
      () => ({ 'client-certificate': '', 'client-key': '' }),
    ])();
  };
  const token = (): string => dice.pick(['s3cr3t', 'a.b-c_d', 'abc==', "qu'ote", 'x#y', 'tr:ue', '12345', 'yes']);
  const exec = (from: string): Fields => {
    const script = `#!/bin/sh
printf '{"kind":"ExecCredential","apiVersion":"%s","status":{"token":"%s"}}' "$RB_API" "$(printf '%s|%s|%s' "$*" "$RB_VARIABLE" "$KUBERNETES_EXEC_INFO" | base64 | tr -d '\\n=')"
`;
    const apiVersion = dice.pick([
      'client.authentication.k8s.io/v1',
      'client.authentication.k8s.io/v1',
      'client.authentication.k8s.io/v1beta1',
      ...(maybe(10) ? ['client.authentication.k8s.io/v1alpha1', ''] : []),
    ]);
    const plugin = file('bin/plugin', script);
    // A shell without any reads its input, which the library leaves open without an end.
    const withArguments = maybe(70);
    return {
      exec: {
        apiVersion,
        command: maybe(95)
          ? dice.pick([path(from, plugin), path(from, plugin), ...(withArguments ? ['sh'] : [])])
          : dice.pick(['', 'no-such-plugin', './no/such']),
        args: withArguments
          ? [join(directory, plugin), 'a b', '', '--x=$HOME']
          : dice.pick<Field>([[], null, undefined]),
        env: [
          { name: 'RB_API', value: apiVersion },
          ...(maybe(60) ? [{ name: 'RB_VARIABLE', value: dice.pick(['v', '', 'ünïcode']) }] : []),
        ],
        ...(apiVersion.endsWith('/v1')
          ? maybe(95)
            ? { interactiveMode: dice.pick(['Never', 'IfAvailable', 'IfAvailable']) }
            : dice.pick<Fields>([{}, { interactiveMode: 'Always' }, { interactiveMode: 'Sometimes' }])
          : {}),
        ...(maybe(50) ? { provideClusterInfo: dice.pick([true, true, false]) } : {}),
        ...(maybe(10) ? { installHint: 'brew install it' } : {}),
      },
    };
  };
  const impersonation = (): Fields => ({
    ...(maybe(95) ? { as: dice.pick(['ann', 'system:serviceaccount:a:b', 'jörg', '日本', '']) } : {}),
    ...(maybe(30) ? { 'as-uid': '1-2-3' } : {}),
    ...(maybe(50) ? { 'as-groups': dice.pick<Field>([['a'], ['a', 'b c'], [], ['system:masters', '日本']]) } : {}),
    ...(maybe(40)
      ? {
          'as-user-extra': dice.pick<Field>([
            { scopes: ['view', 'edit'] },
            { 'example.org/why': ['x'] },
            { 'a(b)': ['c'] },
            { 'A_b%': ['c'] },
            {},
          ]),
        }
      : {}),
  });
  const user = (from: string): Fields => {
    const tokenFile = (text: string): string => path(from, file('token', text));
    const how = dice.number(100);
    const login = (): Fields => {
      if (how < 22) return { token: token() };
      if (how < 30) return { tokenFile: tokenFile(dice.pick([`${token()}\n`, ` ${token()} `, token()])) };
      if (how < 48) return certificate(from);
      if (how < 54) return { username: dice.pick(['ann', 'jörg', 'a b']), password: dice.pick(['p:w', 'pä', '']) };
      if (how < 74) return exec(from);
      if (how < 78) return { ...certificate(from), token: token() };
      if (how < 80) return { ...exec(from), ...certificate(from) };
      return dice.pick<() => Fields>([
        () => ({}),
        () => ({ token: '' }),
        () => ({ token: token(), tokenFile: tokenFile('of-the-file') }),
        () => ({ token: token(), tokenFile: 'not-there' }),
        () => ({ tokenFile: 'not-there' }),
        () => ({ tokenFile: tokenFile(' \n') }),
        () => ({ token: token(), username: 'ann', password: 'p' }),
        () => ({ username: '', password: 'p' }),
        () => ({ token: token(), ...exec(from) }),
        () => ({ username: 'ann', password: 'p', ...exec(from) }),
        () => ({ token: 'two\nlines' }),
        () => ({ token: 'end\n' }),
        () => ({ token: maybe(20) ? 123 : 'abc' }),
        () => brokenCertificate(from),
        () => brokenCertificate(from),
      ])();
    };
    return { ...login(), ...(maybe(18) ? impersonation() : {}) };
  };

  const pool = maybe(60) ? ['prod'] : [...new Set([0, 1].map(() => dice.pick(names)))];
  const context = dice.pick([pool[0] ?? 'prod', ...pool]);
  const count = dice.pick([1, 1, 1, 2, 2, 3]);
  const places: string[] = [];
  for (let at = 0; at < count; at++) {
    const from = dice.pick(['', '', 'sub']);
    const entries = (make: (from: string) => Fields, kind: string) => {
      const mine = pool.filter(() => count === 1 || maybe(75));
      const twice = maybe(1) ? mine : [...mine, ...mine.slice(0, maybe(1) ? 1 : 0)];
      return twice.map((name) => ({ name, [kind]: make(from) }));
    };
    const document = {
      apiVersion: 'v1',
      kind: 'Config',
      ...(maybe(70) ? { 'current-context': dice.pick(['elsewhere', ...pool]) } : {}),
      ...(maybe(20) ? { preferences: {} } : {}),
      clusters: entries(cluster, 'cluster'),
      users: entries(user, 'user'),
      contexts: entries(
        () => ({
          cluster: maybe(98) ? (pool[0] ?? '') : dice.pick(['', 'not-there']),
          ...(maybe(97) ? { user: maybe(98) ? (pool[0] ?? '') : dice.pick(['', 'not-there']) } : {}),
          ...(maybe(50) ? { namespace: dice.pick(['shop', '']) } : {}),
        }),
        'context',
      ),
    };
    places.push(join(directory, file(join(from, `config-${at}`), written(document, dice))));
  }
  if (maybe(10)) places.splice(dice.number(places.length + 1), 0, join(directory, 'not-there'));
  if (maybe(5)) places.push(places[0] ?? '');
  if (maybe(5)) places.splice(dice.number(places.length + 1), 0, '');
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), content, { mode: 0o700 });
  }
  return { word, directory, kubeconfig: places.join(':'), context, files };
};

/** As people and programs write it: JSON; YAML with quotes of both kinds or none, in blocks or flow, with comments and anchors. */
const written = (value: Field, dice: Chance): string => {
  const style = dice.number(10);
  if (style === 0) return JSON.stringify(value);
  if (style === 1) return JSON.stringify(value, undefined, 2);
  const text = (one: string): string => {
    const quoting = dice.number(10);
    const plain =
      /^[A-Za-z./][\w./@-]*$/.test(one) && !/^(?:yes|no|on|off|y|n|true|false|null|\.nan|\.inf)$/i.test(one);
    if (plain && quoting < 7) return one;
    if (quoting < 8 && !/[\n\t]/.test(one)) return `'${one.replaceAll("'", "''")}'`;
    return JSON.stringify(one);
  };
  const scalar = (one: Field): string =>
    typeof one === 'string'
      ? text(one)
      : one === undefined || one === null
        ? dice.pick(['null', '~', ''])
        : JSON.stringify(one);
  const block = (one: Field, indent: string): string => {
    if (Array.isArray(one)) {
      if (one.length === 0) return ' []';
      return one.map((item: Field) => `\n${indent}-${nested(item, `${indent}  `)}`).join('');
    }
    if (typeof one !== 'object' || one === null) return ` ${scalar(one)}`;
    const entries = Object.entries(one).filter(([, inner]) => inner !== undefined);
    if (entries.length === 0) return ' {}';
    const comment = dice.number(20) === 0 ? ' # a comment' : '';
    return entries
      .map(
        ([key, inner]) =>
          `\n${indent}${/^[a-z-]+$/i.test(key) ? key : JSON.stringify(key)}:${comment === '' ? '' : ''}${block(inner, `${indent}  `)}`,
      )
      .join('');
  };
  const nested = (one: Field, indent: string): string =>
    typeof one === 'object' && one !== null && !Array.isArray(one) && Object.keys(one).length > 0
      ? ` ${block(one, indent).trimStart()}`
      : block(one, indent);
  return `${dice.pick(['', '---\n', '# by hand\n'])}${block(value, '').trimStart()}\n`;
};
